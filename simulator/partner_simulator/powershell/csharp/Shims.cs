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

namespace Microsoft.PowerShell.Commands
{
    public abstract class SnapinCmdlet : ShimCmdlet
    {
        protected bool Loaded(string name)
        {
            return InvokeCommand.InvokeScript("param($name) Get-Module -Name $name", name).Count > 0;
        }

        protected static object Described(string name)
        {
            var result = new PSObject();
            result.TypeNames.Insert(0, "System.Management.Automation.PSSnapInInfo");
            result.Properties.Add(new PSNoteProperty("Name", name));
            result.Properties.Add(new PSNoteProperty("PSVersion", new Version(1, 0)));
            result.Properties.Add(new PSNoteProperty("Description", "Admin Tasks for the Exchange Server"));
            return result;
        }
    }

    [Cmdlet("Add", "PSSnapin")]
    public sealed class AddPSSnapinCommand : SnapinCmdlet
    {
        [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)] public string[] Name { get; set; }
        [Parameter] public SwitchParameter PassThru { get; set; }

        protected override void ProcessRecord()
        {
            foreach (var name in Name)
            {
                string manifest;
                if (!Run.Snapins.TryGetValue(name, out manifest))
                    Refuse("The Windows PowerShell snap-in '" + name + "' is not installed on this computer.", name);
                else if (Loaded(name))
                    Refuse("Cannot add Windows PowerShell snap-in " + name +
                        " because it is already added. Verify the name of the snap-in and try again.", name);
                else
                {
                    InvokeCommand.InvokeScript(
                        "param($manifest) Import-Module -Name $manifest -Global -DisableNameChecking", manifest);
                    if (PassThru) WriteObject(Described(name));
                }
            }
        }

        void Refuse(string message, string name)
        {
            Complain(new PSArgumentException(message), "AddPSSnapInRead", ErrorCategory.InvalidArgument, name);
        }
    }

    [Cmdlet("Get", "PSSnapin")]
    public sealed class GetPSSnapinCommand : SnapinCmdlet
    {
        [Parameter(Position = 0)] public string[] Name { get; set; }
        [Parameter] public SwitchParameter Registered { get; set; }

        protected override void EndProcessing()
        {
            var missing = new List<string>();
            var known = Run.Snapins.Keys.Where(name => Registered || Loaded(name));
            foreach (var name in Select(known, item => item, Name, missing)) WriteObject(Described(name));
            foreach (var name in missing)
                Complain(new PSArgumentException("No Windows PowerShell snap-ins matching the pattern '" + name +
                    "' were found. Check the pattern and then try the command again."),
                    "GetPSSnapInRead", ErrorCategory.InvalidArgument, name);
        }
    }

    [Cmdlet("Remove", "PSSnapin")]
    public sealed class RemovePSSnapinCommand : SnapinCmdlet
    {
        [Parameter(Mandatory = true, Position = 0)] public string[] Name { get; set; }

        protected override void EndProcessing()
        {
            foreach (var name in Name)
                InvokeCommand.InvokeScript("param($name) Remove-Module -Name $name", name);
        }
    }

    /// <summary>A service as Get-Service shows it.</summary>
    public sealed class SimulatedService
    {
        public string Name { get; set; }
        public string ServiceName { get { return Name; } }
        public string DisplayName { get; set; }
        public System.ServiceProcess.ServiceControllerStatus Status { get; set; }
        public System.ServiceProcess.ServiceStartMode StartType { get; set; }
        public override string ToString() { return Name; }

        public void Refresh()
        {
            foreach (var item in (JsonArray)Channel.System("services"))
                if (string.Equals((string)item["name"], Name, StringComparison.OrdinalIgnoreCase)) Read(item);
        }

        public static SimulatedService From(JsonNode item)
        {
            var result = new SimulatedService { Name = (string)item["name"] };
            result.Read(item);
            return result;
        }

        void Read(JsonNode item)
        {
            DisplayName = (string)item["display_name"] ?? Name;
            var state = ((string)item["state"]).Replace(" ", "");
            Status = Enum.Parse<System.ServiceProcess.ServiceControllerStatus>(state, true);
            var mode = (string)item["start_mode"] ?? "Auto";
            StartType = Enum.Parse<System.ServiceProcess.ServiceStartMode>(mode == "Auto" ? "Automatic" : mode, true);
        }
    }

    [Cmdlet("Get", "Service", DefaultParameterSetName = "Default")]
    public sealed class GetServiceCommand : ShimCmdlet
    {
        [Parameter(Position = 0, ParameterSetName = "Default", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
        [Alias("ServiceName")] public string[] Name { get; set; }
        [Parameter(Mandatory = true, ParameterSetName = "DisplayName")] public string[] DisplayName { get; set; }

        protected override void ProcessRecord()
        {
            // To Windows PowerShell no name means all of them; PowerShell 7 refuses it.
            if (Prelude.Version == null && Name == null && MyInvocation.BoundParameters.ContainsKey("Name"))
                ThrowTerminatingError(new ErrorRecord(
                    new PSArgumentNullException("Name"), "ParameterArgumentValidationError", ErrorCategory.InvalidData, null));
            var missing = new List<string>();
            var all = ((JsonArray)World("services")).Select(SimulatedService.From).OrderBy(item => item.Name, StringComparer.OrdinalIgnoreCase);
            var found = DisplayName == null
                ? Select(all, item => item.Name, Name, missing)
                : Select(all, item => item.DisplayName, DisplayName, missing);
            foreach (var item in found) WriteObject(Typed("System.ServiceProcess.ServiceController", item));
            foreach (var name in missing)
                Complain(new ServiceCommandException("Cannot find any service with service name '" + name + "'."),
                    "NoServiceFoundForGivenName", ErrorCategory.ObjectNotFound, name);
        }
    }

    public class ServiceCommandException : Exception
    {
        public ServiceCommandException(string message) : base(message) { }
    }

    /// <summary>A process as Get-Process shows it.</summary>
    public sealed class SimulatedProcess
    {
        public int Id { get; set; }
        public string ProcessName { get; set; }
        public string Name { get { return ProcessName; } }
        public DateTime StartTime { get; set; }
        public bool HasExited { get { return false; } }
        public override string ToString() { return "System.Diagnostics.Process (" + ProcessName + ")"; }
    }

    [Cmdlet("Get", "Process", DefaultParameterSetName = "Name")]
    public sealed class SimulatedGetProcess : ShimCmdlet
    {
        [Parameter(Position = 0, ParameterSetName = "Name", ValueFromPipelineByPropertyName = true)]
        [Alias("ProcessName")] public string[] Name { get; set; }
        [Parameter(Mandatory = true, ParameterSetName = "Id", ValueFromPipelineByPropertyName = true)]
        [Alias("PID")] public int[] Id { get; set; }

        protected override void ProcessRecord()
        {
            var missing = new List<string>();
            var all = ((JsonArray)World("processes")).Select(Read).Append(Own())
                .OrderBy(item => item.ProcessName, StringComparer.OrdinalIgnoreCase);
            var numbers = Id?.Select(number => number.ToString()).ToArray();
            var found = Id == null
                ? Select(all, item => item.ProcessName, Name, missing)
                : Select(all, item => item.Id.ToString(), numbers, missing);
            foreach (var item in found) WriteObject(Typed("System.Diagnostics.Process", item));
            foreach (var name in missing)
                Complain(new ProcessCommandException(Id == null
                    ? "Cannot find a process with the name \"" + name + "\". Verify the process name and call the cmdlet again."
                    : "Cannot find a process with the process identifier " + name + "."),
                    Id == null ? "NoProcessFoundForGivenName" : "NoProcessFoundForGivenId", ErrorCategory.ObjectNotFound, name);
        }

        static SimulatedProcess Own()
        {
            return new SimulatedProcess
            {
                Id = Environment.ProcessId, ProcessName = "powershell",
                StartTime = System.Diagnostics.Process.GetCurrentProcess().StartTime,
            };
        }

        static SimulatedProcess Read(JsonNode item)
        {
            var name = (string)item["name"];
            if (name.EndsWith(".exe", StringComparison.OrdinalIgnoreCase)) name = name.Substring(0, name.Length - 4);
            return new SimulatedProcess
            {
                Id = (int)item["process_id"], ProcessName = name, StartTime = Instant(item["started_at"]),
            };
        }
    }
}

namespace Microsoft.Management.Infrastructure.CimCmdlets
{
    [Cmdlet("Get", "CimInstance", DefaultParameterSetName = "ClassNameComputerSet")]
    public sealed class GetCimInstanceCommand : ShimCmdlet
    {
        [Parameter(Mandatory = true, Position = 0, ParameterSetName = "ClassNameComputerSet")] public string ClassName { get; set; }
        [Parameter(Mandatory = true, ParameterSetName = "QueryComputerSet")] public string Query { get; set; }
        [Parameter(ParameterSetName = "ClassNameComputerSet")] public string Filter { get; set; }
        [Parameter(ParameterSetName = "ClassNameComputerSet")] [Alias("SelectProperties")] public string[] Property { get; set; }
        [Parameter] public string Namespace { get; set; }
        [Parameter] [Alias("OT")] public uint OperationTimeoutSec { get; set; }

        protected override void EndProcessing()
        {
            var question = new JsonObject
            {
                ["call"] = "cim", ["class"] = ClassName, ["filter"] = Filter, ["query"] = Query,
            };
            var answer = Guarded(() => Channel.Ask(question));
            foreach (var item in (JsonArray)answer) WriteObject(Values.Decode(item));
        }
    }
}
