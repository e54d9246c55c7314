using System;
using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Management.Automation;
using System.Reflection;
using System.Reflection.Emit;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace PartnerSimulator
{
    /// <summary>What a product object looks like to a script: a text form, properties beside it.</summary>
    public sealed class Simulated
    {
        readonly string text;
        public Simulated(string text) { this.text = text; }
        public override string ToString() { return text; }
    }

    /// <summary>Values between JSON and .NET, and .NET types that exist only by name.</summary>
    public static class Values
    {
        static readonly ModuleBuilder made = AssemblyBuilder
            .DefineDynamicAssembly(new AssemblyName("PartnerSimulator.Made"), AssemblyBuilderAccess.Run)
            .DefineDynamicModule("made");
        static readonly ConcurrentDictionary<string, Lazy<Type>> types = new ConcurrentDictionary<string, Lazy<Type>>();
        static readonly Type[] textAndInner = { typeof(string), typeof(Exception) };
        static int serial;

        public static object Decode(JsonNode node)
        {
            if (node == null) return null;
            if (node is JsonValue value) return Scalar(value);
            if (node is JsonArray array) return List(array);
            var item = (JsonObject)node;
            switch ((string)item["t"])
            {
                case "guid": return Guid.Parse((string)item["v"]);
                case "certificate": return new X509Certificate2(Convert.FromBase64String((string)item["v"]));
                case "bytes": return Convert.FromBase64String((string)item["v"]);
                case "time":
                    var ticks = DateTime.UnixEpoch.Ticks + (long)item["v"] * 10;
                    var kind = (DateTimeKind)(int)item["k"];
                    var utc = new DateTime(ticks, kind == DateTimeKind.Unspecified ? kind : DateTimeKind.Utc);
                    return kind == DateTimeKind.Local ? utc.ToLocalTime() : utc;
                case "enum": return Enumeration((string)item["n"], (string)item["m"], (int)item["v"]);
                case "text" when (string)item["n"] == "System.Version": return Version.Parse((string)item["v"]);
                case "text": return Named(new[] { (string)item["n"] }, (string)item["v"], null);
                case "obj":
                    var names = ((JsonArray)item["n"]).Select(name => (string)name).ToArray();
                    return Named(names, (string)item["x"], (JsonArray)item["p"]);
            }
            throw new SimulatorFailure("A value of an unknown kind: " + item.ToJsonString(), null);
        }

        static object Scalar(JsonValue value)
        {
            switch (value.GetValueKind())
            {
                case System.Text.Json.JsonValueKind.True: return true;
                case System.Text.Json.JsonValueKind.False: return false;
                case System.Text.Json.JsonValueKind.String: return (string)value;
            }
            if (value.TryGetValue(out int small)) return small;
            if (value.TryGetValue(out long large)) return large;
            return (double)value;
        }

        static object List(JsonArray array)
        {
            var items = array.Select(Decode).ToList();
            return items.All(item => item is string)
                ? (object)new List<string>(items.Cast<string>())
                : items.ToArray();
        }

        static PSObject Named(string[] names, string text, JsonArray properties)
        {
            var live = properties == null ? null : Live.Make(names[0], properties);
            if (live != null) return PSObject.AsPSObject(live);
            var result = new PSObject(new Simulated(text));
            result.TypeNames.Clear();
            foreach (var name in names) result.TypeNames.Add(name);
            if (!names.Contains("System.Object")) result.TypeNames.Add("System.Object");
            if (properties == null) return result;
            foreach (var pair in properties)
                result.Properties.Add(new PSNoteProperty((string)pair[0], Decode(pair[1])), true);
            return result;
        }

        public static JsonNode Encode(object value)
        {
            var whole = value as PSObject;
            if (whole != null) value = whole.BaseObject;
            switch (value)
            {
                case null: return null;
                case bool flag: return JsonValue.Create(flag);
                case SwitchParameter present: return JsonValue.Create(present.IsPresent);
                case string text: return JsonValue.Create(text);
                case char letter: return JsonValue.Create(letter.ToString());
                case int small: return JsonValue.Create(small);
                case long large: return JsonValue.Create(large);
                case uint unsigned: return JsonValue.Create((long)unsigned);
                case double real: return JsonValue.Create(real);
                case byte[] bytes: return Tagged("bytes", Convert.ToBase64String(bytes));
                case Uri uri: return JsonValue.Create(uri.OriginalString);
                case Live live: return JsonValue.Create(live.Called());
                case X509Certificate2 certificate:
                    var key = Tagged("certificate", Convert.ToBase64String(certificate.RawData));
                    key["private"] = certificate.HasPrivateKey;
                    return key;
                case Guid guid: return Tagged("guid", guid.ToString());
                case Enum member:
                    var number = Tagged("enum", Convert.ToInt64(member, CultureInfo.InvariantCulture));
                    number["n"] = member.GetType().FullName;
                    number["m"] = member.ToString();
                    return number;
                case DateTime moment:
                    var kind = moment.Kind;
                    if (kind == DateTimeKind.Local) moment = moment.ToUniversalTime();
                    var time = Tagged("time", (moment.Ticks - DateTime.UnixEpoch.Ticks) / 10);
                    time["k"] = (int)kind;
                    return time;
                case PSCredential credential:
                    return new JsonObject
                    {
                        ["t"] = "credential", ["user"] = credential.UserName,
                        ["password"] = credential.GetNetworkCredential().Password,
                    };
                case SecureString secret:
                    return JsonValue.Create(new System.Net.NetworkCredential("", secret).Password);
                case IDictionary map:
                    var pairs = new JsonObject { ["t"] = "map" };
                    var entries = new JsonArray();
                    foreach (DictionaryEntry entry in map)
                        entries.Add(new JsonArray(JsonValue.Create(entry.Key.ToString()), Encode(entry.Value)));
                    pairs["v"] = entries;
                    return pairs;
                case IEnumerable list:
                    var items = new JsonArray();
                    foreach (var item in list) items.Add(Encode(item));
                    return items;
            }
            return JsonValue.Create(whole != null ? whole.ToString() : value.ToString());
        }

        static JsonObject Tagged(string tag, JsonNode value)
        {
            return new JsonObject { ["t"] = tag, ["v"] = value };
        }

        public static ErrorRecord ErrorRecord(JsonObject error)
        {
            Exception inner = null;
            foreach (var message in ((JsonArray)error["inner"]).Reverse()) inner = new Exception((string)message, inner);
            var category = Enum.Parse<ErrorCategory>((string)error["category"], true);
            var exception = Exception((string)error["type"], (string)error["message"], inner);
            var target = (string)error["target"];
            return new ErrorRecord(exception, (string)error["id"], category, target == "" ? null : target);
        }

        /// <summary>An exception of any class name: the real one where .NET has it, else made at run time.</summary>
        static Exception Exception(string name, string message, Exception inner)
        {
            var type = types.GetOrAdd("exception " + name, _ => new Lazy<Type>(() => Known(name) ?? MakeException(name))).Value;
            // By its signature: a null inner exception would fit other constructors as well.
            return (Exception)type.GetConstructor(textAndInner).Invoke(new object[] { message, inner });
        }

        static Type Known(string name)
        {
            var type = Type.GetType(name) ?? typeof(PSObject).Assembly.GetType(name) ?? typeof(Uri).Assembly.GetType(name);
            return type?.GetConstructor(textAndInner) == null ? null : type;
        }

        static Type MakeException(string name)
        {
            TypeBuilder builder;
            lock (made) builder = made.DefineType(name, TypeAttributes.Public | TypeAttributes.Class, typeof(Exception));
            var code = builder.DefineConstructor(MethodAttributes.Public, CallingConventions.Standard, textAndInner).GetILGenerator();
            code.Emit(OpCodes.Ldarg_0);
            code.Emit(OpCodes.Ldarg_1);
            code.Emit(OpCodes.Ldarg_2);
            code.Emit(OpCodes.Call, typeof(Exception).GetConstructor(textAndInner));
            code.Emit(OpCodes.Ret);
            return builder.CreateType();
        }

        /// <summary>A real enum value with the right number, so that ConvertTo-Json prints the number.</summary>
        static object Enumeration(string type, string member, int number)
        {
            var key = "enum " + type + " " + member + " " + number;
            var real = types.GetOrAdd(key, _ => new Lazy<Type>(() => Compiled(type, member, number) ?? MakeEnum(type, member, number)));
            return Enum.ToObject(real.Value, number);
        }

        static Type Compiled(string type, string member, int number)
        {
            foreach (var assembly in AppDomain.CurrentDomain.GetAssemblies())
            {
                if (assembly.IsDynamic || !assembly.GetName().Name.StartsWith("PartnerSimulator")) continue;
                var found = assembly.GetType(type);
                if (found != null && found.IsEnum && Enum.ToObject(found, number).ToString() == member) return found;
            }
            return null;
        }

        static Type MakeEnum(string type, string member, int number)
        {
            lock (made)
            {
                // Several one-member types may bear one name, each in a module name space of its own.
                var name = made.GetType(type) == null ? type : type + "#" + ++serial;
                var builder = made.DefineEnum(name, TypeAttributes.Public, typeof(int));
                builder.DefineLiteral(member, number);
                return builder.CreateType();
            }
        }
    }
}
