using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using PartnerSimulator;

namespace Microsoft.PowerShell.Commands
{
    /// <summary>ConvertFrom-Json of Windows PowerShell: an array is one object.</summary>
    [Cmdlet("ConvertFrom", "Json")]
    sealed class ConvertFromJsonCommand : PSCmdlet
    {
        readonly List<string> lines = new List<string>();

        [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)] [AllowEmptyString]
        public string InputObject { get; set; }

        protected override void ProcessRecord() { lines.Add(InputObject); }

        protected override void EndProcessing()
        {
            if (lines.Count == 0) return;
            if (lines.Count > 1)
            {
                // Each line may be a document, else all lines together are one.
                var whole = false;
                try { whole = Convert(lines[0]); }
                catch (ArgumentException) { }
                if (!whole) Convert(string.Join(Environment.NewLine, lines));
                else foreach (var line in lines.Skip(1)) Convert(line);
                return;
            }
            Convert(lines[0]);
        }

        bool Convert(string text)
        {
            if (Prelude.LimitsJson && text.Length > Prelude.JsonLimit)
                throw new ArgumentException("Error during deserialization using the JSON JavaScriptSerializer. " +
                    "The length of the string exceeds the value set on the maxJsonLength property.");
            var result = Shown(OldJsonReader.Read(text));
            WriteObject(result);
            return result != null;
        }

        object Shown(object value)
        {
            var list = value as object[];
            if (list != null) return list.Select(Shown).ToArray();
            var dictionary = value as IDictionary<string, object>;
            if (dictionary == null) return value;
            var result = new PSObject();
            foreach (var pair in dictionary)
            {
                if (pair.Key.Length > 0 && result.Properties[pair.Key] != null)
                    ThrowTerminatingError(new ErrorRecord(
                        new InvalidOperationException("Cannot convert the JSON string because a dictionary that was converted from the " +
                            "string contains the duplicated keys '" + result.Properties[pair.Key].Name + "' and '" + pair.Key + "'."),
                        "DuplicateKeysInJsonString", ErrorCategory.InvalidOperation, null));
                result.Properties.Add(new PSNoteProperty(pair.Key, Shown(pair.Value)));
            }
            return result;
        }
    }

    /// <summary>ConvertTo-Json of Windows PowerShell.</summary>
    [Cmdlet("ConvertTo", "Json")]
    sealed class ConvertToJsonCommand : PSCmdlet
    {
        const int DeepestAllowed = 100;
        readonly List<object> items = new List<object>();

        [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true)] [AllowNull]
        public object InputObject { get; set; }
        [Parameter] [ValidateRange(1, int.MaxValue)] public int Depth { get; set; } = 2;
        [Parameter] public SwitchParameter Compress { get; set; }

        protected override void BeginProcessing()
        {
            if (Prelude.Version.Major >= 5 && Depth > DeepestAllowed)
                ThrowTerminatingError(new ErrorRecord(
                    new InvalidOperationException("The maximum depth allowed for serialization is " + DeepestAllowed + "."),
                    "ReachedMaximumDepthAllowed", ErrorCategory.InvalidOperation, null));
        }

        protected override void ProcessRecord()
        {
            if (InputObject != null) items.Add(InputObject);
        }

        protected override void EndProcessing()
        {
            if (items.Count == 0) return;
            var shape = new OldJsonShape(Depth, BadKey).Of(items.Count > 1 ? items.ToArray() : items[0]);
            var text = OldJsonWriter.Write(shape);
            if (Prelude.LimitsJson && text.Length > Prelude.JsonLimit)
                throw new InvalidOperationException("Error during serialization using the JSON JavaScriptSerializer. " +
                    "The length of the string exceeds the value set on the maxJsonLength property.");
            if (!Compress && Prelude.Version.Major < 4 && Confusing(shape))
                ThrowTerminatingError(new ErrorRecord(
                    new InvalidOperationException("The converted JSON string is in bad format."),
                    "JsonStringInBadFormat", ErrorCategory.InvalidOperation, text));
            WriteObject(Compress ? text : OldJsonWriter.Pretty(text));
        }

        void BadKey(object key)
        {
            ThrowTerminatingError(new ErrorRecord(
                new InvalidOperationException("The type '" + key.GetType().FullName +
                    "' is not supported for serialization or deserialization of a dictionary. Keys must be strings."),
                "NonStringKeyInDictionary", ErrorCategory.InvalidOperation, key));
        }

        /// <summary>Texts that the layout code of 3.0 took for the end of a string.</summary>
        static bool Confusing(object value)
        {
            if (value is string) return ((string)value).IndexOfAny(new[] { '\\', '"' }) >= 0;
            var dictionary = value as IDictionary<string, object>;
            if (dictionary != null) return dictionary.Any(pair => Confusing(pair.Key) || Confusing(pair.Value));
            var list = value as IEnumerable;
            return list != null && list.Cast<object>().Any(Confusing);
        }
    }
}
