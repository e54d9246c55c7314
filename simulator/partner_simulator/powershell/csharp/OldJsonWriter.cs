using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace PartnerSimulator
{
    /// <summary>Writes what OldJsonShape made of an object, as the serializer of .NET Framework does.</summary>
    public static class OldJsonWriter
    {
        static readonly long Epoch = new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;

        /// <summary>Without a blank.</summary>
        public static string Write(object value)
        {
            var result = new StringBuilder();
            Write(value, result);
            return result.ToString();
        }

        static void Write(object value, StringBuilder result)
        {
            var invariant = CultureInfo.InvariantCulture;
            if (value == null || value == DBNull.Value) result.Append("null");
            else if (value is string) Quote((string)value, result);
            else if (value is char) { if ((char)value == '\0') result.Append("null"); else Quote(value.ToString(), result); }
            else if (value is bool) result.Append((bool)value ? "true" : "false");
            else if (value is DateTime) Instant(((DateTime)value).ToUniversalTime(), result);
            else if (value is DateTimeOffset) Instant(((DateTimeOffset)value).UtcDateTime, result);
            else if (value is Guid) Quote(value.ToString(), result);
            else if (value is Uri) Quote(((Uri)value).GetComponents(UriComponents.SerializationInfoString, UriFormat.UriEscaped), result);
            // Fifteen digits where they suffice: the runtime of Windows PowerShell knows no shortest form.
            else if (value is double) result.Append(RoundTrip((double)value));
            else if (value is float) result.Append(RoundTrip((float)value));
            else if (value.GetType().IsEnum) result.Append(((Enum)value).ToString("D"));
            else if (value is IDictionary) Object((IDictionary)value, result);
            else if (value is IEnumerable) Array((IEnumerable)value, result);
            else result.Append(((IConvertible)value).ToString(invariant));
        }

        static void Object(IDictionary value, StringBuilder result)
        {
            result.Append('{');
            var first = true;
            foreach (DictionaryEntry entry in value)
            {
                if (!first) result.Append(',');
                first = false;
                Quote((string)entry.Key, result);
                result.Append(':');
                Write(entry.Value, result);
            }
            result.Append('}');
        }

        static void Array(IEnumerable value, StringBuilder result)
        {
            result.Append('[');
            var first = true;
            foreach (var item in value)
            {
                if (!first) result.Append(',');
                first = false;
                Write(item, result);
            }
            result.Append(']');
        }

        static void Instant(DateTime value, StringBuilder result)
        {
            result.Append("\"\\/Date(").Append((value.Ticks - Epoch) / 10000).Append(")\\/\"");
        }

        static string RoundTrip(double value)
        {
            var invariant = CultureInfo.InvariantCulture;
            var text = value.ToString("G15", invariant);
            return double.IsNaN(value) || double.Parse(text, invariant) == value ? text : value.ToString("G17", invariant);
        }

        static string RoundTrip(float value)
        {
            var invariant = CultureInfo.InvariantCulture;
            var text = value.ToString("G7", invariant);
            return float.IsNaN(value) || float.Parse(text, invariant) == value ? text : value.ToString("G9", invariant);
        }

        static void Quote(string value, StringBuilder result)
        {
            result.Append('"');
            foreach (var letter in value)
            {
                switch (letter)
                {
                    case '"': result.Append("\\\""); break;
                    case '\\': result.Append("\\\\"); break;
                    case '\b': result.Append("\\b"); break;
                    case '\f': result.Append("\\f"); break;
                    case '\n': result.Append("\\n"); break;
                    case '\r': result.Append("\\r"); break;
                    case '\t': result.Append("\\t"); break;
                    default:
                        if (letter < ' ' || "'<>&\u0085\u2028\u2029".IndexOf(letter) >= 0)
                            result.Append("\\u").Append(((int)letter).ToString("x4"));
                        else result.Append(letter);
                        break;
                }
            }
            result.Append('"');
        }

        /// <summary>The layout of Windows PowerShell: each level is indented to where its bracket stands, plus four.</summary>
        public static string Pretty(string compact)
        {
            var result = new StringBuilder();
            var columns = new Stack<int>();
            var line = 0;
            var quoted = false;
            for (var index = 0; index < compact.Length; index++)
            {
                var letter = compact[index];
                if (quoted)
                {
                    result.Append(letter);
                    if (letter == '\\') result.Append(compact[++index]);
                    else if (letter == '"') quoted = false;
                    continue;
                }
                switch (letter)
                {
                    case '"': quoted = true; result.Append(letter); break;
                    case '{': case '[':
                        columns.Push(result.Length - line);
                        result.Append(letter);
                        var empty = compact[index + 1] == '}' || compact[index + 1] == ']';
                        line = Break(result, empty ? -1 : columns.Peek() + 4);
                        break;
                    case '}': case ']':
                        line = Break(result, columns.Pop());
                        result.Append(letter);
                        break;
                    case ',': result.Append(letter); line = Break(result, columns.Peek() + 4); break;
                    case ':': result.Append(":  "); break;
                    default: result.Append(letter); break;
                }
            }
            return result.ToString();
        }

        static int Break(StringBuilder result, int column)
        {
            result.Append("\r\n");
            var line = result.Length;
            if (column > 0) result.Append(' ', column);
            return line;
        }
    }
}
