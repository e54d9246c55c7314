using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Text.Json.Nodes;
using PartnerSimulator;

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
            result.Properties.Add(new PSNoteProperty("Description", name.StartsWith("Microsoft.SharePoint")
                ? "Register all administration Cmdlets for Microsoft SharePoint Server"
                : "Admin Tasks for the Exchange Server"));
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
                    var told = Channel.System("load", new JsonObject { ["name"] = name });
                    if (told != null)
                        foreach (var warning in (JsonArray)told["warnings"]) WriteWarning((string)warning);
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
}
