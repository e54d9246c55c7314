using System;
using System.Collections.Generic;
using System.Management.Automation;
using System.Text.Json.Nodes;

namespace PartnerSimulator
{
    /// <summary>Base of all generated product cmdlets: binds here, is decided by the world.</summary>
    public abstract class StubCmdlet : PSCmdlet
    {
        /// <summary>Variable of an inner remote session that names it to the world.</summary>
        public const string HopVariable = "PartnerSimulatorHop";

        static readonly HashSet<string> common = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
        {
            "Verbose", "Debug", "ErrorAction", "WarningAction", "InformationAction", "ProgressAction", "ErrorVariable",
            "WarningVariable", "InformationVariable", "OutVariable", "OutBuffer", "PipelineVariable", "WhatIf", "Confirm",
        };

        Connection connection;

        CmdletAttribute Declared
        {
            get { return (CmdletAttribute)Attribute.GetCustomAttribute(GetType(), typeof(CmdletAttribute)); }
        }

        string CmdletName { get { return Declared.VerbName + "-" + Declared.NounName; } }

        /// <summary>Called by a property setter: the world may refuse the value while it is being bound.</summary>
        protected void AskWorld(string parameter, object value)
        {
            var refusal = Channel.Ask(new JsonObject
            {
                ["call"] = "bind", ["cmdlet"] = CmdletName, ["parameter"] = parameter, ["value"] = Values.Encode(value),
            });
            if (refusal != null) throw new InvalidOperationException((string)refusal);
        }

        protected override void ProcessRecord()
        {
            var whole = false;
            try
            {
                connection = Channel.Take();
                connection.Send(Question());
                while (Handle(connection.Receive())) { }
                whole = true;
            }
            catch (SimulatorFailure failure)
            {
                ThrowTerminatingError(new ErrorRecord(failure, "SimulatorFailure", ErrorCategory.ConnectionError, null));
            }
            catch (WorldError error)
            {
                whole = true;
                ThrowTerminatingError(Mine(error.Record));
            }
            finally
            {
                if (whole) Channel.Give(connection); else connection?.Dispose();
                connection = null;
            }
        }

        /// <summary>The record, with this very cmdlet as its target where the world means that.</summary>
        ErrorRecord Mine(ErrorRecord record)
        {
            if (record.TargetObject as string != "<the cmdlet>") return record;
            return new ErrorRecord(record.Exception, record.FullyQualifiedErrorId, record.CategoryInfo.Category, this);
        }

        protected override void StopProcessing() { connection?.Dispose(); }

        JsonObject Question()
        {
            var parameters = new JsonObject();
            foreach (var pair in MyInvocation.BoundParameters)
                if (!common.Contains(pair.Key)) parameters[pair.Key] = Values.Encode(pair.Value);
            MyInvocation.BoundParameters.TryGetValue("WhatIf", out var whatIf);
            return new JsonObject
            {
                ["call"] = "invoke",
                ["session"] = Run.Session,
                ["cmdlet"] = CmdletName,
                ["set"] = ParameterSetName == "__AllParameterSets" ? "" : ParameterSetName,
                ["parameters"] = parameters,
                ["hop"] = GetVariableValue(HopVariable) as string,
                ["asks"] = Declared.SupportsShouldProcess,
                ["what_if"] = whatIf is SwitchParameter flag && flag.IsPresent,
            };
        }

        /// <summary>One event of the answer, in the world's order. False at its end.</summary>
        bool Handle(JsonObject happened)
        {
            foreach (var pair in happened)
            {
                var value = pair.Value;
                switch (pair.Key)
                {
                    case "object": WriteObject(Values.Decode(value)); return true;
                    case "error": WriteError(Mine(Values.ErrorRecord((JsonObject)value))); return true;
                    case "warning": WriteWarning((string)value); return true;
                    case "verbose": WriteVerbose((string)value); return true;
                    case "host": Host.UI?.WriteLine((string)value); return true;
                    case "ask":
                        var yes = ShouldProcess((string)value[0], (string)value[1]);
                        connection.Send(new JsonObject { ["yes"] = yes });
                        return true;
                    case "fail": throw new WorldError(Values.ErrorRecord((JsonObject)value));
                    case "broken": throw new SimulatorFailure((string)value, null);
                    case "end": return false;
                }
            }
            throw new SimulatorFailure("An event of an unknown kind: " + happened.ToJsonString(), null);
        }
    }
}
