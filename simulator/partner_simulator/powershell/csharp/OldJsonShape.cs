using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Management.Automation;
using System.Reflection;

namespace PartnerSimulator
{
    /// <summary>
    /// What ConvertTo-Json of Windows PowerShell makes of an object before it writes it: dictionaries, lists and plain
    /// values. Everything that the extended type system adds to a wrapped object comes along, type data included.
    /// </summary>
    public sealed class OldJsonShape
    {
        readonly int deepest;
        readonly Action<object> badKey;

        /// <summary>`badKey` is told of a key that is no text, and must throw.</summary>
        public OldJsonShape(int deepest, Action<object> badKey)
        {
            this.deepest = deepest;
            this.badKey = badKey;
        }

        public object Of(object value) { return Of(value, 0); }

        object Of(object value, int depth)
        {
            var wrapped = value as PSObject;
            var bare = wrapped == null ? value : wrapped.BaseObject;
            object result;
            var own = false;
            if (Plain(bare)) result = bare;
            else if (bare.GetType().IsEnum)
            {
                var under = Enum.GetUnderlyingType(bare.GetType());
                result = under == typeof(long) || under == typeof(ulong) ? bare.ToString() : bare;
            }
            else if (depth > deepest)
            {
                // Silently: no warning, unlike PowerShell 7.
                if (wrapped != null && wrapped.ImmediateBaseObject is PSCustomObject) return Text(wrapped);
                result = Text(bare);
            }
            else if (bare is IDictionary) result = Dictionary((IDictionary)bare, depth);
            else if (bare is IEnumerable) result = List((IEnumerable)bare, depth);
            else
            {
                result = Members(bare, depth);
                own = true;
            }
            return wrapped == null ? result : Extended(wrapped, result, depth, own);
        }

        static bool Plain(object value)
        {
            return value == null || value == DBNull.Value || value is string || value is DateTime || value is DateTimeOffset ||
                value is Guid || value is Uri || value is decimal || value.GetType().IsPrimitive;
        }

        static string Text(object value)
        {
            return (string)LanguagePrimitives.ConvertTo(value, typeof(string), CultureInfo.InvariantCulture);
        }

        object Dictionary(IDictionary value, int depth)
        {
            var result = new Dictionary<string, object>();
            foreach (DictionaryEntry entry in value)
            {
                var name = entry.Key as string;
                if (name == null) badKey(entry.Key);
                result[name] = Of(entry.Value, depth + 1);
            }
            return result;
        }

        object List(IEnumerable value, int depth)
        {
            var result = new List<object>();
            foreach (var item in value) result.Add(Of(item, depth + 1));
            return result;
        }

        object Members(object value, int depth)
        {
            var result = new Dictionary<string, object>();
            var type = value.GetType();
            foreach (var field in type.GetFields(BindingFlags.Public | BindingFlags.Instance))
                result[field.Name] = Of(Quietly(() => field.GetValue(value)), depth + 1);
            foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
                if (property.GetMethod != null && property.GetMethod.GetParameters().Length == 0)
                    result[property.Name] = Of(Quietly(() => property.GetValue(value)), depth + 1);
            return result;
        }

        object Extended(PSObject wrapped, object result, int depth, bool own)
        {
            var target = result as Dictionary<string, object>;
            var alone = target == null;
            if (alone) target = new Dictionary<string, object> { ["value"] = result };
            foreach (var property in wrapped.Properties)
            {
                // A plain property is the object's own; all others were added to it or to its type.
                if (!own && (property.MemberType == PSMemberTypes.Property || property.MemberType == PSMemberTypes.ParameterizedProperty)) continue;
                if (target.ContainsKey(property.Name)) continue;
                target[property.Name] = Of(Quietly(() => property.Value), depth + 1);
            }
            return alone && target.Count == 1 ? result : target;
        }

        /// <summary>A getter that throws counts as null.</summary>
        static object Quietly(Func<object> read)
        {
            try { return read(); }
            catch (TargetInvocationException) { return null; }
            catch (GetValueException) { return null; }
        }
    }
}
