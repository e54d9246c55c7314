using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace PartnerSimulator
{
    /// <summary>
    /// Gives a run the everyday behaviour of Windows PowerShell 3.0, 4.0 or 5.1 where PowerShell 7 differs. A process
    /// that was given one version once keeps it: parameters are taken away from the commands of the whole process.
    /// </summary>
    public static class Prelude
    {
        public const int JsonLimit = 2097152;

        /// <summary>The version that is emulated; null while PowerShell is to be what it is.</summary>
        public static Version Version { get; private set; }

        /// <summary>Whether JSON is limited in length: the serializer's default, raised in 5.0.</summary>
        public static bool LimitsJson { get { return Version.Major < 5; } }

        static readonly string[] NewAccelerators =
        {
            "short", "ushort", "uint", "ulong", "semver", "X509Certificate", "IPEndpoint",
        };

        static readonly Dictionary<string, CmdletInfo> replaced = new Dictionary<string, CmdletInfo>(StringComparer.OrdinalIgnoreCase);

        /// <summary>Change the run at hand. An empty version changes nothing.</summary>
        public static void Apply(EngineIntrinsics context, string version)
        {
            if (string.IsNullOrEmpty(version)) return;
            if (Version == null) ChangeProcess(version);
            else if (Version != Parse(version))
                throw new InvalidOperationException("This process emulates Windows PowerShell " + Version + " already.");
            var variables = context.SessionState.PSVariable;
            Describe((Hashtable)variables.GetValue("PSVersionTable"));
            foreach (var name in new[] { "IsWindows", "IsLinux", "IsMacOS", "IsCoreCLR", "PSEdition" })
                Internals.RemoveVariable(context, name);
            Internals.Types(context).AddType(CountOfArrays());
            var commands = context.InvokeCommand;
            commands.PreCommandLookupAction += (sender, lookup) => Choose(context, lookup);
            commands.PostCommandLookupAction += (sender, lookup) => CommandLimits.Cut(lookup.Command as CmdletInfo);
        }

        static Version Parse(string version)
        {
            switch (version)
            {
                case "3.0": return new Version(3, 0);
                case "4.0": return new Version(4, 0);
                case "5.1": return new Version(5, 1, 14393, 206);
            }
            throw new ArgumentException("There is no Windows PowerShell " + version + " here.");
        }

        static void ChangeProcess(string version)
        {
            Version = Parse(version);
            CommandLimits.Read(Path.Combine(Path.GetDirectoryName(typeof(Prelude).Assembly.Location), "windows_powershell.txt"), Version);
            Internals.RemoveAccelerators(NewAccelerators);
            foreach (var type in new[]
            {
                typeof(Microsoft.PowerShell.Commands.ConvertFromJsonCommand), typeof(Microsoft.PowerShell.Commands.ConvertToJsonCommand),
                typeof(Microsoft.PowerShell.Commands.StartSleepCommand), typeof(Microsoft.PowerShell.Commands.GroupObjectCommand),
                typeof(Microsoft.PowerShell.Commands.InvokeWebRequestCommand), typeof(Microsoft.PowerShell.Commands.InvokeRestMethodCommand),
            })
            {
                var names = (CmdletAttribute)Attribute.GetCustomAttribute(type, typeof(CmdletAttribute));
                var name = names.VerbName + "-" + names.NounName;
                replaced[name] = new CmdletInfo(name, type);
            }
        }

        /// <summary>What the version says of itself.</summary>
        static void Describe(Hashtable table)
        {
            foreach (var name in new[] { "GitCommitId", "OS", "Platform", "PSEdition" }) table.Remove(name);
            table["PSVersion"] = Version;
            table["CLRVersion"] = new Version(4, 0, 30319, 42000);
            table["BuildVersion"] = Version.Major == 5 ? new Version(10, 0, 14393, 206) : new Version(6, Version.Major - 1, 9200, 0);
            if (Version.Major == 5) table["PSEdition"] = "Desktop";
        }

        /// <summary>The alias that Windows PowerShell has for every array: with it, a wrapped array has a property of its own.</summary>
        static TypeData CountOfArrays()
        {
            var result = new TypeData(typeof(Array));
            result.Members.Add("Count", new AliasPropertyData("Count", "Length"));
            return result;
        }

        /// <summary>Whether the script has a function of that name: it comes before any cmdlet.</summary>
        public static bool IsFunction(EngineIntrinsics context, string name)
        {
            return context.InvokeProvider.Item.Exists("Function:" + name);
        }

        static void Choose(EngineIntrinsics context, CommandLookupEventArgs lookup)
        {
            if (lookup.Command != null || lookup.StopSearch) return;
            CmdletInfo other;
            var changed = replaced.TryGetValue(lookup.CommandName, out other);
            if (!changed && !CommandLimits.Absent(lookup.CommandName)) return;
            if (IsFunction(context, lookup.CommandName)) return;
            lookup.Command = other;
            lookup.StopSearch = true;
        }
    }
}
