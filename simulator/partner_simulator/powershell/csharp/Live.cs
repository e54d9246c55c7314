using System;
using System.Collections.ObjectModel;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Reflection;
using System.Text.Json.Nodes;

namespace PartnerSimulator
{
    /// <summary>An object of a product's own class: filled by the world, with methods that ask it.</summary>
    public abstract class Live
    {
        const BindingFlags Members = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance;

        /// <summary>What the world is told when somebody passes the object to a cmdlet or a method.</summary>
        protected internal abstract string Called();

        /// <summary>The object of a class that a loaded product has; null for all other names.</summary>
        internal static Live Make(string type, JsonArray properties)
        {
            if (!type.StartsWith("Microsoft.SharePoint.") && !type.StartsWith("Microsoft.Office.")) return null;
            foreach (var assembly in AppDomain.CurrentDomain.GetAssemblies())
            {
                if (assembly.IsDynamic || !assembly.GetName().Name.StartsWith("PartnerSimulator")) continue;
                var found = assembly.GetType(type);
                if (found == null || !typeof(Live).IsAssignableFrom(found)) continue;
                var made = (Live)Activator.CreateInstance(found, true);
                made.Fill(properties);
                return made;
            }
            return null;
        }

        /// <summary>Take over everything that the world says; a property that the class lacks is a fault of ours.</summary>
        protected void Fill(JsonArray properties)
        {
            foreach (var pair in properties)
            {
                var property = GetType().GetProperty((string)pair[0], Members);
                if (property == null)
                    throw new SimulatorFailure(GetType().FullName + " has no property " + (string)pair[0], null);
                property.SetValue(this, Fitting(Values.Decode(pair[1]), property.PropertyType));
            }
        }

        static object Fitting(object value, Type type)
        {
            var whole = value as PSObject;
            if (whole != null && !type.IsInstanceOfType(value) && whole.BaseObject is Live) value = whole.BaseObject;
            if (value == null || type.IsInstanceOfType(value)) return value;
            if (type == typeof(Uri)) return new Uri((string)value, UriKind.RelativeOrAbsolute);
            if (!type.IsGenericType || type.GetGenericTypeDefinition() != typeof(Collection<>))
                return LanguagePrimitives.ConvertTo(value, type);
            var items = Activator.CreateInstance(type);
            foreach (var item in (System.Collections.IEnumerable)value) type.GetMethod("Add").Invoke(items, new[] { item });
            return items;
        }

        /// <summary>Ask the world to do what a method does; the properties of each object that it answers with.</summary>
        protected static List<JsonArray> Ask(string method, JsonObject parameters)
        {
            var found = new List<JsonArray>();
            Exception failed = null;
            var connection = Channel.Take();
            var whole = false;
            try
            {
                connection.Send(new JsonObject
                {
                    ["call"] = "invoke", ["session"] = Run.Session, ["cmdlet"] = method, ["set"] = "",
                    ["parameters"] = parameters, ["hop"] = null, ["asks"] = false, ["what_if"] = false,
                });
                while (!whole)
                {
                    var happened = connection.Receive().First();
                    switch (happened.Key)
                    {
                        case "object": found.Add((JsonArray)happened.Value["p"].DeepClone()); break;
                        case "ask": connection.Send(new JsonObject { ["yes"] = true }); break;
                        case "error": failed = Values.ErrorRecord((JsonObject)happened.Value).Exception; break;
                        case "fail":
                            failed = Values.ErrorRecord((JsonObject)happened.Value).Exception;
                            whole = true;
                            break;
                        case "broken": throw new SimulatorFailure((string)happened.Value, null);
                        case "end": whole = true; break;
                    }
                }
            }
            finally
            {
                if (whole) Channel.Give(connection); else connection.Dispose();
            }
            if (failed != null) throw failed;
            return found;
        }
    }
}
