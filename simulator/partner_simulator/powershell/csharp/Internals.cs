using System;
using System.Collections;
using System.Collections.Generic;
using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace PartnerSimulator
{
    /// <summary>
    /// Private parts of PowerShell that the prelude needs. A missing one throws: the tests of the prelude then fail for
    /// that pwsh, and nothing is emulated by halves.
    /// </summary>
    static class Internals
    {
        const BindingFlags Hidden = BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.Instance;

        static object Get(object owner, string property)
        {
            var found = owner.GetType().GetProperty(property, Hidden);
            if (found == null) throw new MissingMemberException(owner.GetType().FullName, property);
            return found.GetValue(owner);
        }

        static void Set(object owner, string property, object value)
        {
            var found = owner.GetType().GetField("<" + property + ">k__BackingField", Hidden);
            if (found == null) throw new MissingMemberException(owner.GetType().FullName, property);
            found.SetValue(owner, value);
        }

        static object Engine(EngineIntrinsics context)
        {
            var found = typeof(EngineIntrinsics).GetField("_context", Hidden);
            if (found == null) throw new MissingMemberException("EngineIntrinsics", "_context");
            return found.GetValue(context);
        }

        /// <summary>The types of the run at hand.</summary>
        public static TypeTable Types(EngineIntrinsics context) { return (TypeTable)Get(Engine(context), "TypeTable"); }

        /// <summary>Remove a variable, constant or not.</summary>
        public static void RemoveVariable(EngineIntrinsics context, string name)
        {
            var session = Get(Engine(context), "EngineSessionState");
            var scope = Get(session, "GlobalScope");
            ((IDictionary)Get(scope, "Variables")).Remove(name);
        }

        /// <summary>Forget short names of types, in the whole process.</summary>
        public static void RemoveAccelerators(IEnumerable<string> names)
        {
            var owner = typeof(PSObject).Assembly.GetType("System.Management.Automation.TypeAccelerators", true);
            foreach (var field in new[] { "builtinTypeAccelerators", "s_allTypeAccelerators" })
            {
                var found = owner.GetField(field, BindingFlags.NonPublic | BindingFlags.Static);
                if (found == null) throw new MissingMemberException(owner.FullName, field);
                var known = (IDictionary)found.GetValue(null);
                if (known != null) foreach (var name in names) known.Remove(name);
            }
        }

        /// <summary>What binds the parameters of a cmdlet; one object per cmdlet and process.</summary>
        public static object Parameters(CmdletInfo command)
        {
            return Get(Get(command, "CommandMetadata"), "StaticCommandParameterMetadata");
        }

        /// <summary>Unlearn all parameters that `unknown` names, with their aliases.</summary>
        public static void Remove(object metadata, Func<string, bool> unknown)
        {
            foreach (var list in new[] { "BindableParameters", "AliasedParameters" })
            {
                var entries = Writable(Get(metadata, list));
                var names = new List<string>();
                foreach (DictionaryEntry entry in entries)
                    if (unknown((string)Get(Get(entry.Value, "Parameter"), "Name"))) names.Add((string)entry.Key);
                foreach (var name in names) entries.Remove(name);
            }
        }

        /// <summary>Let these parameters refuse null and empty text, as a mandatory parameter does by itself.</summary>
        public static void RefuseNothing(object metadata, params string[] names)
        {
            foreach (var name in names)
                foreach (var permission in new[] { "AllowsNullArgument", "AllowsEmptyStringArgument", "AllowsEmptyCollectionArgument" })
                    Set(Compiled(metadata, name), permission, false);
        }

        /// <summary>Let a parameter take null and empty text.</summary>
        public static void AcceptNothing(object metadata, string name)
        {
            Set(Compiled(metadata, name), "ValidationAttributes", new ValidateArgumentsAttribute[0]);
            Set(Compiled(metadata, name), "CannotBeNull", false);
        }

        static object Compiled(object metadata, string name)
        {
            return Get(Writable(Get(metadata, "BindableParameters"))[name], "Parameter");
        }

        static IDictionary Writable(object dictionary)
        {
            var inner = dictionary.GetType().GetField("m_dictionary", Hidden);
            return (IDictionary)(inner == null ? dictionary : inner.GetValue(dictionary));
        }
    }
}
