"""Names of the rules in AWS's managed rule groups, to tell a name that is misspelt."""

from __future__ import annotations

import difflib

# https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
_COMMON = """
    NoUserAgent_HEADER UserAgent_BadBots_HEADER SizeRestrictions_QUERYSTRING SizeRestrictions_Cookie_HEADER
    SizeRestrictions_BODY SizeRestrictions_URIPATH EC2MetaDataSSRF_BODY EC2MetaDataSSRF_COOKIE EC2MetaDataSSRF_URIPATH
    EC2MetaDataSSRF_QUERYARGUMENTS GenericLFI_QUERYARGUMENTS GenericLFI_URIPATH GenericLFI_BODY
    RestrictedExtensions_URIPATH RestrictedExtensions_QUERYARGUMENTS GenericRFI_QUERYARGUMENTS GenericRFI_BODY
    GenericRFI_URIPATH CrossSiteScripting_COOKIE CrossSiteScripting_QUERYARGUMENTS CrossSiteScripting_BODY
    CrossSiteScripting_URIPATH
"""
_BAD_INPUTS = """
    JavaDeserializationRCE_HEADER JavaDeserializationRCE_BODY JavaDeserializationRCE_URIPATH
    JavaDeserializationRCE_QUERYSTRING Host_localhost_HEADER PROPFIND_METHOD ExploitablePaths_URIPATH Log4JRCE_HEADER
    Log4JRCE_QUERYSTRING Log4JRCE_BODY Log4JRCE_URIPATH ReactJSRCE_BODY
"""
_SHELLS = """
    LFI_URIPATH LFI_QUERYSTRING LFI_HEADER UNIXShellCommandsVariables_QUERYSTRING UNIXShellCommandsVariables_BODY
    UNIXShellCommandsVariables_HEADER WindowsShellCommands_COOKIE WindowsShellCommands_QUERYARGUMENTS
    WindowsShellCommands_BODY PowerShellCommands_COOKIE PowerShellCommands_QUERYARGUMENTS PowerShellCommands_BODY
"""
_PROGRAMS = """
    AdminProtection_URIPATH SQLi_QUERYARGUMENTS SQLiExtendedPatterns_QUERYARGUMENTS SQLi_BODY SQLiExtendedPatterns_BODY
    SQLi_COOKIE SQLi_URIPATH PHPHighRiskMethodsVariables_HEADER PHPHighRiskMethodsVariables_QUERYSTRING
    PHPHighRiskMethodsVariables_BODY WordPressExploitableCommands_QUERYSTRING WordPressExploitablePaths_URIPATH
"""
_ADDRESSES = """
    AWSManagedIPReputationList AWSManagedReconnaissanceList AWSManagedIPDDoSList AnonymousIPList HostingProviderIPList
"""
_KNOWN = {name.lower(): name for name in (_COMMON + _BAD_INPUTS + _SHELLS + _PROGRAMS + _ADDRESSES).split()}
# A misspelt name differs by a letter or two; GenericRFI_COOKIE, which AWS might add, by a word.
_MISSPELT = 0.9


def meant_rule(name: str) -> str | None:
    """Return the rule that ``name`` misspells, if any. AWS adds rules: a name like no known one may be a new one."""
    close = difflib.get_close_matches(name.lower(), _KNOWN, n=1, cutoff=_MISSPELT)
    return None if not close or _KNOWN[close[0]] == name else _KNOWN[close[0]]
