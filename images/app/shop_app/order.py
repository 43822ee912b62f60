"""What the API takes and gives."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

State = Literal["placed", "preparing", "done"]
# One line of text that is not blank, in the words of regular expressions that JavaScript, Python and Rust share.
_VISIBLE_LINE = r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"
Article = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_VISIBLE_LINE)]


class NewOrder(BaseModel):
    """What somebody wants to have."""

    model_config = ConfigDict(extra="forbid", strict=True)

    article: Article = Field(description="What is ordered: at least one visible character, on one line.")
    quantity: int = Field(default=1, ge=1, le=99, description="How many of it.")


class Order(BaseModel):
    """An order and how far it is."""

    id: UUID
    article: str
    quantity: int
    state: State = Field(
        description="`placed`: it waits for a worker; `preparing`: a worker has it; `done`: its receipt is there."
    )
    placed_at: datetime
    done_at: datetime | None = Field(default=None, description="When its receipt was there.")


class Problem(BaseModel):
    """Why a request was not answered as wished."""

    error: str
