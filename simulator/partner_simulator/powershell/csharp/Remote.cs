using System;
using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Remoting;
using System.Management.Automation.Runspaces;
using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using PartnerSimulator;

namespace PartnerSimulator
{
    /// <summary>What New-PSSession returns: a session of a product's own endpoint.</summary>
    public sealed class SimulatedSession
    {
        // Begins anew with each run, as on Windows; and proxies of equal text are parsed once.
        internal static int Serial;
        internal Runspace Far;
        internal string Manifest;
        // Values of the product's own types arrive as System.String; else as an object that equals no text.
        internal bool ValuesAreText;
        public int Id { get; } = System.Threading.Interlocked.Increment(ref Serial);
        public string Name { get; internal set; }
        public string ComputerName { get; internal set; }
        public string ConfigurationName { get; internal set; }
        public Guid InstanceId { get; } = Guid.NewGuid();
        public Runspace Runspace { get { return Far; } }
        public RunspaceState State { get { return Far.RunspaceStateInfo.State; } }
        public RunspaceAvailability Availability { get { return Far.RunspaceAvailability; } }
        public override string ToString() { return "[PSSession]" + Name; }
    }

    /// <summary>The far sides of the open inner sessions: runspaces that hold the product's cmdlets and nothing else.</summary>
    public static class RemoteSessions
    {
        static readonly ConcurrentDictionary<int, SimulatedSession> open = new ConcurrentDictionary<int, SimulatedSession>();

        public static IEnumerable<SimulatedSession> Open { get { return open.Values.OrderBy(session => session.Id); } }

        internal static SimulatedSession Add(string name, Uri endpoint, string configuration, JsonNode answer)
        {
            var manifest = (string)answer["manifest"];
            var state = InitialSessionState.CreateDefault2();
            state.ImportPSModule(new[] { manifest });
            state.Variables.Add(new SessionStateVariableEntry(StubCmdlet.HopVariable, (string)answer["hop"], ""));
            var runspace = RunspaceFactory.CreateRunspace(state);
            runspace.Open();
            var session = new SimulatedSession
            {
                Far = runspace, Manifest = manifest, ComputerName = endpoint.Host, ConfigurationName = configuration,
                ValuesAreText = (string)answer["values"] == "text",
            };
            session.Name = name ?? "Session" + session.Id;
            open[session.Id] = session;
            return session;
        }

        internal static SimulatedSession Find(int id)
        {
            SimulatedSession session;
            return open.TryGetValue(id, out session) ? session : null;
        }

        internal static void Close(SimulatedSession session)
        {
            open.TryRemove(session.Id, out _);
            session.Far.Dispose();
        }

        internal static void CloseAll()
        {
            foreach (var session in open.Values) Close(session);
            SimulatedSession.Serial = 0;
        }

        /// <summary>An error record as it arrives from a far side, by PowerShell's own (private) serialisation.</summary>
        internal static ErrorRecord Arrived(ErrorRecord record)
        {
            const BindingFlags hidden = BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance;
            var sent = new PSObject();
            typeof(ErrorRecord).GetMethod("ToPSObjectForRemoting", hidden, new[] { typeof(PSObject) })
                .Invoke(record, new object[] { sent });
            var received = PSSerializer.Deserialize(PSSerializer.Serialize(sent, 4));
            return (ErrorRecord)typeof(ErrorRecord).GetMethod("FromPSObjectForRemoting", hidden)
                .Invoke(null, new object[] { PSObject.AsPSObject(received) });
        }

        internal static object Received(object value)
        {
            return PSSerializer.Deserialize(PSSerializer.Serialize(value, 1));
        }
    }

    /// <summary>What the imported proxy functions call.</summary>
    [Cmdlet("Invoke", "SimulatedRemoteCommand")]
    public sealed class InvokeSimulatedRemoteCommand : PSCmdlet
    {
        [Parameter(Mandatory = true)] public int Session { get; set; }
        [Parameter(Mandatory = true)] public string Name { get; set; }
        [Parameter(Mandatory = true)] public IDictionary Bound { get; set; }

        protected override void EndProcessing()
        {
            var session = RemoteSessions.Find(Session);
            if (session == null)
            {
                ThrowTerminatingError(new ErrorRecord(
                    new InvalidRunspaceStateException("The session is closed; its commands can no longer be run."),
                    "InvalidRunspaceState", ErrorCategory.InvalidOperation, Name));
            }
            using (var shell = PowerShell.Create())
            {
                shell.Runspace = session.Far;
                shell.AddCommand(Name);
                foreach (DictionaryEntry pair in Bound) shell.AddParameter((string)pair.Key, Sent(pair.Value));
                Run(shell, session);
            }
        }

        static object Sent(object value)
        {
            var plain = value is PSObject whole ? whole.BaseObject : value;
            if (plain == null || plain is string || plain is ValueType || plain is PSCredential) return plain;
            return RemoteSessions.Received(value);
        }

        void Run(PowerShell shell, SimulatedSession session)
        {
            ErrorRecord end = null;
            var output = new PSDataCollection<PSObject>();
            try { shell.Invoke(null, output); }
            catch (RuntimeException error) { end = new ErrorRecord(error.ErrorRecord, error); }
            foreach (var warning in shell.Streams.Warning) WriteWarning(warning.Message);
            foreach (var line in shell.Streams.Verbose) WriteVerbose(line.Message);
            foreach (var item in output) WriteObject(Arrived(item, session));
            foreach (var record in shell.Streams.Error) WriteError(RemoteSessions.Arrived(record));
            if (end != null) WriteError(RemoteSessions.Arrived(end));
        }

        static object Arrived(PSObject item, SimulatedSession session)
        {
            var value = PSObject.AsPSObject(RemoteSessions.Received(item));
            if (session.ValuesAreText)
            {
                foreach (var property in item.Properties)
                {
                    if (property is PSNoteProperty && property.Value is PSObject part && part.BaseObject is Simulated)
                        value.Properties[property.Name].Value = part.ToString();
                }
            }
            value.Properties.Add(new PSNoteProperty("PSComputerName", session.ComputerName), true);
            value.Properties.Add(new PSNoteProperty("RunspaceId", session.InstanceId), true);
            value.Properties.Add(new PSNoteProperty("PSShowComputerName", false), true);
            return value;
        }
    }
}

namespace Microsoft.PowerShell.Commands
{
    [Cmdlet("New", "PSSession", DefaultParameterSetName = "Uri")]
    public sealed class SimulatedNewPSSession : ShimCmdlet
    {
        [Parameter(Mandatory = true, Position = 1, ParameterSetName = "Uri")] [Alias("URI", "CU")] public Uri[] ConnectionUri { get; set; }
        [Parameter(Mandatory = true, Position = 0, ParameterSetName = "ComputerName")] [Alias("Cn")] public string[] ComputerName { get; set; }
        [Parameter] public string ConfigurationName { get; set; } = "Microsoft.PowerShell";
        [Parameter] public AuthenticationMechanism Authentication { get; set; }
        [Parameter] [Credential] public PSCredential Credential { get; set; }
        [Parameter] public PSSessionOption SessionOption { get; set; }
        [Parameter] public string[] Name { get; set; }
        [Parameter(ParameterSetName = "Uri")] public SwitchParameter AllowRedirection { get; set; }

        protected override void EndProcessing()
        {
            foreach (var uri in ConnectionUri ?? ComputerName.Select(name => new Uri("http://" + name + ":5985/wsman")).ToArray())
                Connect(uri);
        }

        void Connect(Uri uri)
        {
            var question = new JsonObject
            {
                ["call"] = "connect", ["endpoint"] = uri.ToString(), ["configuration"] = ConfigurationName,
                ["user"] = Credential?.UserName, ["password"] = Credential?.GetNetworkCredential().Password,
            };
            var answer = Guarded(() => Channel.Ask(question));
            if (answer["error"] is JsonNode refusal)
            {
                var message = "[" + uri.Host + "] Connecting to remote server " + uri.Host + " failed with the following error message : " +
                    (string)refusal + " For more information, see the about_Remote_Troubleshooting Help topic.";
                Complain(new PSRemotingTransportException(message), "AccessDenied,PSSessionOpenFailed", ErrorCategory.OpenError, uri.Host);
                return;
            }
            var session = RemoteSessions.Add(
                Name?.FirstOrDefault(), uri, ConfigurationName, answer);
            WriteObject(Typed("System.Management.Automation.Runspaces.PSSession", session));
        }
    }

    [Cmdlet("Get", "PSSession")]
    public sealed class SimulatedGetPSSession : ShimCmdlet
    {
        [Parameter(Position = 0)] public string[] Name { get; set; }

        protected override void EndProcessing()
        {
            foreach (var session in Select(RemoteSessions.Open, item => item.Name, Name, new List<string>()))
                WriteObject(Typed("System.Management.Automation.Runspaces.PSSession", session));
        }
    }

    [Cmdlet("Remove", "PSSession", SupportsShouldProcess = true, DefaultParameterSetName = "Session")]
    public sealed class SimulatedRemovePSSession : ShimCmdlet
    {
        [Parameter(Mandatory = true, Position = 0, ParameterSetName = "Session", ValueFromPipeline = true)]
        public SimulatedSession[] Session { get; set; }
        [Parameter(Mandatory = true, ParameterSetName = "Id")] public int[] Id { get; set; }
        [Parameter(Mandatory = true, ParameterSetName = "Name")] public string[] Name { get; set; }

        protected override void ProcessRecord()
        {
            var chosen = Session ?? RemoteSessions.Open.Where(item =>
                Id != null ? Id.Contains(item.Id) : Name.Contains(item.Name, StringComparer.OrdinalIgnoreCase)).ToArray();
            foreach (var session in chosen)
                if (ShouldProcess(session.Name)) RemoteSessions.Close(session);
        }
    }

    [Cmdlet("Import", "PSSession")]
    public sealed class SimulatedImportPSSession : ShimCmdlet
    {
        [Parameter(Mandatory = true, Position = 0)] public SimulatedSession Session { get; set; }
        [Parameter(Position = 2)] [Alias("Name")] public string[] CommandName { get; set; } = { "*" };
        [Parameter(Position = 3)] public string[] FormatTypeName { get; set; }
        [Parameter] public string Prefix { get; set; } = "";
        [Parameter] public SwitchParameter AllowClobber { get; set; }
        [Parameter] public SwitchParameter DisableNameChecking { get; set; }
        [Parameter] public CommandTypes CommandType { get; set; }

        protected override void EndProcessing()
        {
            var folder = Path.Combine(Path.GetDirectoryName(Session.Manifest), "proxies");
            var offered = Directory.GetFiles(folder).Select(Path.GetFileNameWithoutExtension).OrderBy(name => name, StringComparer.Ordinal);
            var missing = new List<string>();
            var text = new StringBuilder();
            foreach (var name in Select(offered, item => item, CommandName, missing).Distinct())
            {
                if (!AllowClobber && InvokeCommand.GetCommand(name, CommandTypes.All) != null)
                    WriteWarning("Proxy creation has been skipped for the following command: '" + name + "', because it would " +
                        "shadow an existing local command.  Use the AllowClobber parameter if you want to shadow existing local commands.");
                else
                    text.Append(File.ReadAllText(Path.Combine(folder, name + ".txt")).Replace("{session}", Session.Id.ToString()));
            }
            foreach (var name in missing)
                Complain(new ArgumentException("A search for a command named '" + name + "' on the remote session found nothing."),
                    "ErrorCommandNotFoundOnRemote", ErrorCategory.ObjectNotFound, name);
            if (text.Length == 0)
                ThrowTerminatingError(new ErrorRecord(new ArgumentException("No command proxies have been created."),
                    "ErrorNoCommandsImportedBecauseOfSkipping", ErrorCategory.InvalidResult, null));
            const string script = "param($name, $text, $prefix) $module = New-Module -Name $name -ScriptBlock ([scriptblock]::Create($text)); " +
                "Import-Module -ModuleInfo $module -Global -DisableNameChecking -Prefix $prefix -PassThru";
            foreach (var module in InvokeCommand.InvokeScript(script, "tmp_" + Guid.NewGuid().ToString("N"), text.ToString(), Prefix))
                WriteObject(module);
        }
    }
}
