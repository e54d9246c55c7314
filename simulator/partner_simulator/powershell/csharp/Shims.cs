using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Text.Json.Nodes;
using PartnerSimulator;

namespace PartnerSimulator
{
    /// <summary>Base of the Windows commands that PowerShell on Linux lacks.</summary>
    public abstract class ShimCmdlet : PSCmdlet
    {
        protected JsonNode World(string what, JsonObject arguments = null)
        {
            return Guarded(() => Channel.System(what, arguments));
        }

        protected JsonNode Guarded(Func<JsonNode> question)
        {
            try { return question(); }
            catch (WorldError error) { ThrowTerminatingError(error.Record); }
            catch (SimulatorFailure failure)
            {
                ThrowTerminatingError(new ErrorRecord(failure, "SimulatorFailure", ErrorCategory.ConnectionError, null));
            }
            return null;
        }

        protected void Complain(Exception exception, string id, ErrorCategory category, object target)
        {
            WriteError(new ErrorRecord(exception, id, category, target));
        }

        protected static PSObject Typed(string type, object value)
        {
            var result = new PSObject(value);
            result.TypeNames.Insert(0, type);
            return result;
        }

        protected static DateTime Instant(JsonNode seconds)
        {
            return DateTime.UnixEpoch.AddSeconds((double)seconds).ToLocalTime();
        }

        /// <summary>Items that a wildcard list selects; names without a match that hold no wildcard are given back.</summary>
        protected static List<T> Select<T>(IEnumerable<T> all, Func<T, string> name, string[] wanted, List<string> missing)
        {
            var items = all.ToList();
            if (wanted == null) return items;
            var result = new List<T>();
            foreach (var pattern in wanted)
            {
                var matcher = WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase);
                var found = items.Where(item => matcher.IsMatch(name(item))).ToList();
                if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(pattern)) missing.Add(pattern);
                result.AddRange(found);
            }
            return result;
        }
    }

    /// <summary>What the profile calls once per run.</summary>
    public static class Machine
    {
        public static void Prepare(EngineIntrinsics context)
        {
            // A module that loads itself later would come before imported cmdlets of the same name; look-up is first.
            var shadows = new Dictionary<string, CmdletInfo>(StringComparer.OrdinalIgnoreCase);
            foreach (var type in new[]
            {
                typeof(Microsoft.PowerShell.Commands.SimulatedGetProcess), typeof(Microsoft.PowerShell.Commands.SimulatedNewPSSession),
                typeof(Microsoft.PowerShell.Commands.SimulatedGetPSSession), typeof(Microsoft.PowerShell.Commands.SimulatedRemovePSSession),
                typeof(Microsoft.PowerShell.Commands.SimulatedImportPSSession),
            })
            {
                var names = (CmdletAttribute)Attribute.GetCustomAttribute(type, typeof(CmdletAttribute));
                var name = names.VerbName + "-" + names.NounName;
                shadows[name] = new CmdletInfo(name, type);
            }
            // iisreset by look-up too, so that a call by full path keeps its 32-bit exit code.
            context.InvokeCommand.PreCommandLookupAction = (sender, lookup) =>
            {
                CmdletInfo shadow;
                if (shadows.TryGetValue(lookup.CommandName, out shadow) && !Prelude.IsFunction(context, lookup.CommandName))
                {
                    lookup.Command = shadow;
                    lookup.StopSearch = true;
                    return;
                }
                var last = lookup.CommandName.Substring(lookup.CommandName.LastIndexOfAny(new[] { '\\', '/' }) + 1);
                if (last.Equals("iisreset.exe", StringComparison.OrdinalIgnoreCase) ||
                    last.Equals("iisreset", StringComparison.OrdinalIgnoreCase))
                    lookup.CommandScriptBlock = ScriptBlock.Create("Invoke-SimulatedIisReset -ArgumentList $args");
            };
        }
    }

    [Cmdlet("Invoke", "SimulatedIisReset")]
    public sealed class InvokeSimulatedIisReset : ShimCmdlet
    {
        [Parameter] public object[] ArgumentList { get; set; }

        protected override void EndProcessing()
        {
            var arguments = new JsonArray();
            foreach (var item in ArgumentList ?? new object[0]) arguments.Add(JsonValue.Create(item.ToString()));
            var answer = World("iisreset", new JsonObject { ["arguments"] = arguments });
            foreach (var line in ((string)answer["output"]).Replace("\r", "").TrimEnd('\n').Split('\n')) WriteObject(line);
            SessionState.PSVariable.Set("global:LASTEXITCODE", (int)answer["exit_code"]);
        }
    }
}
