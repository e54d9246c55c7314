using System;
using System.Collections.Generic;
using System.IO;
using System.Management.Automation;
using System.Reflection;

namespace PartnerSimulator
{
    /// <summary>Commands and parameters that the emulated Windows PowerShell does not have.</summary>
    public static class CommandLimits
    {
        // PowerShell itself calls these with parameters of its own time.
        static readonly HashSet<string> untouched = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
        {
            "Import-Module", "Get-Module", "Test-Connection",
        };

        static readonly HashSet<string> absent = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        static readonly Dictionary<string, HashSet<string>> known = new Dictionary<string, HashSet<string>>(StringComparer.OrdinalIgnoreCase);
        static readonly HashSet<string> newCommon = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "ProgressAction" };
        static readonly HashSet<object> cut = new HashSet<object>(ReferenceEqualityComparer.Instance);

        /// <summary>
        /// One command a line: name, first version, parameters. `Name@5.1` came with that version, `Name!5.1` left with it.
        /// </summary>
        public static void Read(string path, Version version)
        {
            if (version.Major < 5) newCommon.UnionWith(new[] { "InformationAction", "InformationVariable" });
            if (version.Major < 4) newCommon.Add("PipelineVariable");
            foreach (var line in File.ReadLines(path))
            {
                if (line.StartsWith("#")) continue;
                var words = line.Split(' ');
                if (Later(words[1], version)) { absent.Add(words[0]); continue; }
                var parameters = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "Confirm", "WhatIf", "UseTransaction" };
                for (var index = 2; index < words.Length; index++)
                {
                    var came = words[index].Split('@');
                    var left = came[0].Split('!');
                    if (came.Length > 1 && Later(came[1], version)) continue;
                    if (left.Length > 1 && !Later(left[1], version)) continue;
                    parameters.Add(left[0]);
                }
                known[words[0]] = parameters;
            }
        }

        static bool Later(string since, Version version)
        {
            return System.Version.Parse(since) > new Version(version.Major, version.Minor);
        }

        /// <summary>Whether a command of PowerShell 7 must not be found.</summary>
        public static bool Absent(string name) { return absent.Contains(name); }

        /// <summary>Take from a command what the emulated version does not offer; for good, in this process.</summary>
        public static void Cut(CmdletInfo command)
        {
            if (command == null || untouched.Contains(command.Name)) return;
            var metadata = Internals.Parameters(command);
            lock (cut) if (!cut.Add(metadata)) return;
            HashSet<string> allowed;
            var ours = command.ImplementingType.Assembly == typeof(CommandLimits).Assembly;
            if (!known.TryGetValue(command.Name, out allowed) || ours) allowed = null;
            Internals.Remove(metadata, name => newCommon.Contains(name) ||
                (allowed != null && !allowed.Contains(name) && !Cmdlet.CommonParameters.Contains(name)));
            if (command.Name == "Test-Path") Internals.RefuseNothing(metadata, "Path", "LiteralPath");
            if (command.Name == "Get-Variable") Internals.AcceptNothing(metadata, "Name");
        }
    }
}
