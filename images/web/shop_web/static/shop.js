"use strict";

// How an order's state reads, and how long the page waits before it asks again.
const WORDS = { placed: "placed", preparing: "being prepared", done: "done" };
const MILLISECONDS_BETWEEN_QUESTIONS = 1000;
const MILLISECONDS_AFTER_A_FAILURE = 5000;
const REMEMBERED = "orders";

const form = document.getElementById("order");
const problem = document.getElementById("problem");
const news = document.getElementById("news");
const list = document.getElementById("orders");

const call = async (path, options) => {
  const answer = await fetch(path, options);
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const error = new Error(body.error ?? `The shop answered ${answer.status}.`);
    error.status = answer.status;
    throw error;
  }
  return body;
};

const remembered = () => JSON.parse(sessionStorage.getItem(REMEMBERED) ?? "[]");
const remember = (ids) => sessionStorage.setItem(REMEMBERED, JSON.stringify(ids));

const entryOf = (order) => {
  const known = document.getElementById(`order-${order.id}`);
  if (known) {
    return known;
  }
  const entry = document.getElementById("entry").content.cloneNode(true).querySelector("li");
  entry.id = `order-${order.id}`;
  entry.querySelector(".what").textContent = `${order.quantity} × ${order.article}`;
  list.prepend(entry);
  document.getElementById("none").hidden = true;
  return entry;
};

const show = (order) => {
  const entry = entryOf(order);
  if (entry.dataset.state === order.state) {
    return;
  }
  entry.dataset.state = order.state;
  entry.querySelector(".state").textContent = WORDS[order.state];
  news.textContent = `${order.quantity} × ${order.article}: ${WORDS[order.state]}.`;
  if (order.state === "done") {
    const receipt = entry.querySelector(".receipt");
    receipt.href = `api/orders/${order.id}/receipt`;
    receipt.setAttribute("aria-label", `Receipt of ${order.quantity} × ${order.article}`);
    receipt.hidden = false;
  }
};

const watch = async (id) => {
  let pause = MILLISECONDS_BETWEEN_QUESTIONS;
  try {
    const order = await call(`api/orders/${id}`);
    show(order);
    if (order.state === "done") {
      return;
    }
  } catch (error) {
    if (error.status === 404) {
      remember(remembered().filter((other) => other !== id));
      return;
    }
    news.textContent = "The shop does not answer just now. This page goes on asking.";
    pause = MILLISECONDS_AFTER_A_FAILURE;
  }
  setTimeout(watch, pause, id);
};

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  problem.textContent = "";
  button.disabled = true;
  try {
    const order = await call("api/orders", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ article: form.article.value.trim(), quantity: form.quantity.valueAsNumber }),
    });
    remember([...remembered(), order.id]);
    show(order);
    watch(order.id);
    form.reset();
    form.article.focus();
  } catch (error) {
    problem.textContent = `Not ordered: ${error.message}`;
  } finally {
    button.disabled = false;
  }
});

remembered().forEach(watch);
