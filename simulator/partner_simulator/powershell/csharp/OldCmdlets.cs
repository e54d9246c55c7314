using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Reflection;
using System.Threading;

namespace Microsoft.PowerShell.Commands
{
    /// <summary>Start-Sleep of Windows PowerShell: whole seconds, so half a second is none.</summary>
    [Cmdlet("Start", "Sleep", DefaultParameterSetName = "Seconds")]
    sealed class StartSleepCommand : PSCmdlet
    {
        readonly ManualResetEventSlim stopped = new ManualResetEventSlim();

        [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = "Seconds")]
        [ValidateRange(0, int.MaxValue / 1000)]
        public int Seconds { get; set; }

        [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = "Milliseconds")]
        [ValidateRange(0, int.MaxValue)]
        public int Milliseconds { get; set; }

        protected override void ProcessRecord()
        {
            stopped.Wait(ParameterSetName == "Seconds" ? Seconds * 1000 : Milliseconds);
        }

        protected override void StopProcessing() { stopped.Set(); }
    }

    /// <summary>Group-Object of Windows PowerShell: groups come in the order in which they were first seen.</summary>
    [Cmdlet("Group", "Object")]
    sealed class GroupObjectCommand : PSCmdlet
    {
        readonly List<PSObject> items = new List<PSObject>();

        [Parameter(ValueFromPipeline = true)] public PSObject InputObject { get; set; }
        [Parameter(Position = 0)] public object[] Property { get; set; }
        [Parameter] public SwitchParameter NoElement { get; set; }
        [Parameter] [Alias("AHT")] public SwitchParameter AsHashTable { get; set; }
        [Parameter] public SwitchParameter AsString { get; set; }
        [Parameter] public SwitchParameter CaseSensitive { get; set; }
        [Parameter] public string Culture { get; set; }

        protected override void ProcessRecord()
        {
            if (InputObject != null) items.Add(InputObject);
        }

        protected override void EndProcessing()
        {
            var bound = MyInvocation.BoundParameters.Where(pair => pair.Key != "InputObject" && pair.Key != "NoElement")
                .ToDictionary(pair => pair.Key, pair => pair.Value);
            var script = "param($bound, $items) $items | Microsoft.PowerShell.Utility\\Group-Object @bound";
            var groups = InvokeCommand.InvokeScript(script, bound, items.ToArray());
            if (AsHashTable) { WriteObject(groups, true); return; }
            var order = new Dictionary<object, int>(ReferenceEqualityComparer.Instance);
            for (var index = 0; index < items.Count; index++) order.TryAdd(items[index], index);
            foreach (var group in groups.OrderBy(item => order[((IList)item.Properties["Group"].Value)[0]]))
                WriteObject(NoElement ? WithoutElements(group) : group);
        }

        static object WithoutElements(PSObject group)
        {
            var result = new PSObject();
            foreach (var name in new[] { "Count", "Name", "Values" })
                result.Properties.Add(new PSNoteProperty(name, group.Properties[name].Value));
            result.TypeNames.Insert(0, "Microsoft.PowerShell.Commands.GroupInfoNoElement");
            return result;
        }
    }

    /// <summary>Web cmdlets differ too much between the versions: nobody may use them.</summary>
    abstract class ForbiddenCommand : PSCmdlet
    {
        [Parameter(ValueFromRemainingArguments = true)] public object[] Arguments { get; set; }

        protected override void BeginProcessing()
        {
            ThrowTerminatingError(new ErrorRecord(
                new InvalidOperationException(MyInvocation.MyCommand.Name + " is not allowed here: it differs between the versions of PowerShell."),
                "NotAllowedHere", ErrorCategory.PermissionDenied, null));
        }
    }

    [Cmdlet("Invoke", "WebRequest")]
    sealed class InvokeWebRequestCommand : ForbiddenCommand { }

    [Cmdlet("Invoke", "RestMethod")]
    sealed class InvokeRestMethodCommand : ForbiddenCommand { }
}
