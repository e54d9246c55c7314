using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PartnerSimulator
{
    /// <summary>
    /// Reads JSON as the serializer of .NET Framework does that Windows PowerShell uses: small integers are Int32,
    /// fractions Decimal, only "\/Date(n)\/" is a time, and neither comments nor trailing commas are accepted.
    /// Objects become Dictionary (case-sensitive, in order), arrays object[].
    /// </summary>
    public sealed class OldJsonReader
    {
        const int DeepestAllowed = 100;
        const string TimePrefix = "\"\\/Date(";
        static readonly DateTime Epoch = new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        static readonly Regex Time = new Regex(@"\G""\\/Date\((?<ticks>-?[0-9]+)(?:[a-zA-Z]|(?:\+|-)[0-9]{4})?\)\\/""");

        readonly string text;
        int next;

        OldJsonReader(string text) { this.text = text; }

        /// <summary>Null for text that is blank. Throws ArgumentException for what is no JSON.</summary>
        public static object Read(string text)
        {
            var reader = new OldJsonReader(text);
            var value = reader.Value(0);
            if (reader.Peek() != null) throw Primitive(text.Substring(reader.next));
            return value;
        }

        object Value(int depth)
        {
            if (++depth > DeepestAllowed) throw Broken("RecursionLimit exceeded.");
            var first = Peek();
            if (first == null) return null;
            if (string.CompareOrdinal(text, next, TimePrefix, 0, TimePrefix.Length) == 0) return Instant();
            switch (first)
            {
                case '{': return Object(depth);
                case '[': return Array(depth);
                case '"': case '\'': return String();
            }
            return Bare();
        }

        object Object(int depth)
        {
            var result = new Dictionary<string, object>();
            next++;
            if (Peek() == '}') { next++; return result; }
            while (true)
            {
                var name = Name();
                if (Peek() != ':') throw Broken("Invalid object passed in, ':' or '}' expected.");
                next++;
                result[name] = Value(depth);
                var end = Peek();
                if (end != null) next++;
                if (end == '}') return result;
                if (end != ',') throw Broken("Invalid object passed in, ':' or '}' expected.");
            }
        }

        string Name()
        {
            var first = Peek();
            if (first == '"' || first == '\'') return String();
            var start = next;
            while (next < text.Length && (char.IsLetterOrDigit(text[next]) || text[next] == '_')) next++;
            if (next == start) throw Broken("Invalid object passed in, member name expected.");
            return text.Substring(start, next - start);
        }

        object Array(int depth)
        {
            var result = new ArrayList();
            next++;
            if (Peek() == ']') { next++; return result.ToArray(); }
            while (true)
            {
                if (Peek() == ']') throw Broken("Invalid array passed in, extra trailing ','.");
                result.Add(Value(depth));
                var end = Peek();
                if (end != null) next++;
                if (end == ']') return result.ToArray();
                if (end != ',') throw Broken("Invalid array passed in, ',' expected.");
            }
        }

        string String()
        {
            var quote = text[next++];
            var result = new StringBuilder();
            while (true)
            {
                if (next >= text.Length) throw Broken("Unterminated string passed in.");
                var letter = text[next++];
                if (letter == quote) return Paired(result);
                result.Append(letter == '\\' ? Escaped() : letter);
            }
        }

        /// <summary>Halves of a pair that stand alone become U+FFFD.</summary>
        static string Paired(StringBuilder letters)
        {
            for (var index = 0; index < letters.Length; index++)
            {
                if (!char.IsSurrogate(letters[index])) continue;
                var whole = index + 1 < letters.Length && char.IsSurrogatePair(letters[index], letters[index + 1]);
                if (whole) index++; else letters[index] = '\ufffd';
            }
            return letters.ToString();
        }

        char Escaped()
        {
            if (next >= text.Length) throw Broken("Unrecognized escape sequence.");
            var letter = text[next++];
            switch (letter)
            {
                case '"': case '\'': case '/': case '\\': return letter;
                case 'b': return '\b';
                case 'f': return '\f';
                case 'n': return '\n';
                case 'r': return '\r';
                case 't': return '\t';
                case 'u':
                    if (next + 4 > text.Length) break;
                    next += 4;
                    return (char)int.Parse(text.Substring(next - 4, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            }
            throw Broken("Unrecognized escape sequence.");
        }

        object Instant()
        {
            var match = Time.Match(text, next);
            if (!match.Success) return String();
            next += match.Length;
            var milliseconds = long.Parse(match.Groups["ticks"].Value, CultureInfo.InvariantCulture);
            return new DateTime(milliseconds * 10000 + Epoch.Ticks, DateTimeKind.Utc);
        }

        object Bare()
        {
            var start = next;
            while (next < text.Length && (char.IsLetterOrDigit(text[next]) || "._-+".IndexOf(text[next]) >= 0)) next++;
            var word = text.Substring(start, next - start);
            if (word == "null") return null;
            if (word == "true") return true;
            if (word == "false") return false;
            var invariant = CultureInfo.InvariantCulture;
            // A sign of a fraction or a power is looked for first; integers go by size.
            var fraction = word.IndexOf('.') >= 0;
            if (word.LastIndexOfAny(new[] { 'e', 'E' }) < 0)
            {
                if (!fraction)
                {
                    int small; long large;
                    if (int.TryParse(word, NumberStyles.Integer, invariant, out small)) return small;
                    if (long.TryParse(word, NumberStyles.Integer, invariant, out large)) return large;
                }
                decimal exact;
                if (decimal.TryParse(word, NumberStyles.Number, invariant, out exact)) return exact;
            }
            double floating;
            var number = word.Length > 0 && (char.IsDigit(word[word.Length - 1]) || word[word.Length - 1] == '.');
            if (number && double.TryParse(word, NumberStyles.Float, invariant, out floating)) return floating;
            throw Primitive(word);
        }

        char? Peek()
        {
            while (next < text.Length && char.IsWhiteSpace(text[next])) next++;
            return next < text.Length ? text[next] : (char?)null;
        }

        ArgumentException Broken(string why) { return new ArgumentException(why + " (" + next + "): " + text); }

        static ArgumentException Primitive(string word) { return new ArgumentException("Invalid JSON primitive: " + word + "."); }
    }
}
