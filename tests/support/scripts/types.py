"""Rules on .NET: only types and members that .NET 4.5 has and that mean the same everywhere."""

from __future__ import annotations

from collections.abc import Iterator

from support.scripts.facts import Facts
from support.scripts.oracle import words

TYPES = words(
    "bool byte[] char char[] datetime int int64 long object[] ordered pscustomobject regex scriptblock"
    " string string[]"
    " BitConverter Console Convert DateTime DateTimeKind IntPtr StringComparison"
    " System.Action System.Collections.ArrayList System.Collections.Hashtable System.Collections.IDictionary"
    " System.Collections.IEnumerable System.Collections.SortedList StringComparer"
    " System.Delegate System.Diagnostics.Process"
    " System.Diagnostics.Stopwatch System.Exception"
    " System.Globalization.CultureInfo System.IO.MemoryStream"
    " System.Management.Automation.CommandNotFoundException"
    " System.Management.Automation.ErrorRecord System.Management.Automation.PSCredential"
    " System.Management.Automation.ParameterBindingException"
    " System.Management.Automation.PSCustomObject System.Management.Automation.VerboseRecord"
    " System.Management.Automation.WarningRecord System.Net.HttpWebRequest"
    " System.Net.NetworkInformation.IPGlobalProperties"
    " System.Net.ServicePointManager System.Net.WebException System.Net.WebRequest"
    " System.Security.Authentication.AuthenticationException System.Security.Cryptography.SHA1"
    " System.Security.Cryptography.SHA256"
    " System.Security.SecureString System.Text.Encoding System.Text.UTF8Encoding"
    " System.Threading.AbandonedMutexException System.Threading.CancellationTokenSource"
    " System.Threading.Mutex System.Threading.Thread System.Threading.Timeout"
    " byte[]"
    " Microsoft.SharePoint.SPAppPrincipalIdentityProvider"
    " Microsoft.SharePoint.SPAppPrincipalManager Microsoft.SharePoint.SPAppPrincipalName"
    " Microsoft.SharePoint.SPAppPrincipalPermissionsManager"
)
"""By full name, or PowerShell's accelerators of 3.0. Add one only after a look at .NET 4.5. SharePoint's own are
those that Microsoft documents since 2013."""
STATIC_MEMBERS = words(
    "BitConverter.ToString Convert.FromBase64String Convert.ToBase64String Console.Out Console.Error"
    " DateTime.UtcNow DateTimeKind.Utc IntPtr.Size StringComparison.OrdinalIgnoreCase"
    " StringComparison.Ordinal System.Diagnostics.Stopwatch.StartNew"
    " System.Delegate.CreateDelegate System.Diagnostics.Process.GetCurrentProcess"
    " System.Globalization.CultureInfo.InvariantCulture System.Net.ServicePointManager.SecurityProtocol"
    " System.Net.WebRequest.Create System.Security.Cryptography.SHA1.Create"
    " System.Security.Cryptography.SHA256.Create StringComparer.Ordinal StringComparer.OrdinalIgnoreCase"
    " System.Text.Encoding.UTF8 System.Text.Encoding.ASCII System.Threading.Thread.CurrentThread"
    " System.Threading.Timeout.Infinite"
    " regex.Escape regex.IsMatch regex.Match regex.Replace regex.Unescape"
    " scriptblock.Create string.CompareOrdinal string.Equals"
    " System.Net.NetworkInformation.IPGlobalProperties.GetIPGlobalProperties"
    " string.IsNullOrEmpty"
    " Microsoft.SharePoint.SPAppPrincipalIdentityProvider.External"
    " Microsoft.SharePoint.SPAppPrincipalManager.GetManager"
    " Microsoft.SharePoint.SPAppPrincipalName.CreateFromNameIdentifier"
)
METHODS = {
    "abort": {0},
    "add": {1},
    "appendchar": {1},
    "cancelafter": {1},
    "close": {0},
    "computehash": {1},
    "contains": {1},
    "flush": {0},
    "getactivetcplisteners": {0},
    "getbytes": {1},
    "getenumerator": {0},
    "getresponse": {0},
    "getresponsestream": {0},
    "getstring": {1},
    "gettype": {0},
    "makereadonly": {0},
    "read": {3},
    "register": {1},
    "releasemutex": {0},
    "startswith": {2},
    "stop": {0},
    "substring": {1, 2},
    "toarray": {0},
    "tochararray": {0},
    "tolowerinvariant": {0},
    "tostring": {2},
    "touniversaltime": {0},
    "trim": {0},
    "waitone": {1},
    "write": {1, 3},
}
"""Instance methods by number of arguments. ToString with a format alone would follow the culture."""
OWN_METHODS = {
    "sharepoint": {
        "dispose": {0},
        "getappprincipalsitesubscriptioncontentpermission": {1},
        "isapponlypolicyallowed": {1},
        "lookupappprincipal": {2},
        "update": {0},
    }
}
"""The same of a product's own objects, which only its scripts have."""


def types_known(facts: Facts) -> Iterator[str]:
    """Types in literals, constraints, catches and `New-Object` exist in .NET 4.5."""
    for found in facts.all("types"):
        if _full(found["name"]) not in TYPES:
            yield f"line {found['line']}: type {found['name']}"
    for command in facts.all("commands"):
        if (command["name"] or "").lower() != "new-object":
            continue
        name = next((e["constant"] for e in command["elements"] if e["kind"] == "argument"), None)
        if name is None or _full(name) not in TYPES:
            yield f"line {command['line']}: New-Object of {name}"


def members_known(facts: Facts) -> Iterator[str]:
    """Static members and instance methods, with that number of arguments, are in .NET 4.5."""
    known = METHODS | OWN_METHODS.get(facts.product, {})
    for member in facts.all("members"):
        line, name = member["line"], (member["member"] or "").lower()
        if member["static"] and member["type"]:
            if f"{_full(member['type'])}.{name}" not in STATIC_MEMBERS:
                yield f"line {line}: [{member['type']}]::{member['member']}"
        elif member["static"]:
            yield f"line {line}: static call on {member['target']}"
        elif member["call"] and len(member["arguments"]) not in known.get(name, set()):
            yield f"line {line}: .{member['member']}() with {len(member['arguments'])} arguments"


def _full(name: str) -> str:
    lower = name.lower()
    return (
        lower if lower in TYPES or "." not in lower else "system." + lower.removeprefix("system.")
    )


TYPE_RULES = (types_known, members_known)
