using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Text.Json.Nodes;
using PartnerSimulator;

namespace Microsoft.PowerShell.Commands
{
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
