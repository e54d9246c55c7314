using System;
using System.Collections.Concurrent;
using System.IO;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace PartnerSimulator
{
    /// <summary>Which simulated machine and logon this process is working for, set before a run.</summary>
    public static class Run
    {
        public static string Socket;
        public static string Session;
        public static string Root;
        public static string Core;
        /// <summary>The Windows PowerShell that the run passes for; empty for none.</summary>
        public static string Emulates;
        /// <summary>Snap-ins installed on the machine: name to module manifest.</summary>
        public static readonly System.Collections.Generic.SortedDictionary<string, string> Snapins =
            new System.Collections.Generic.SortedDictionary<string, string>(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The world could not be asked: a fault of the simulator, never of a product.</summary>
    public sealed class SimulatorFailure : Exception
    {
        public SimulatorFailure(string message, Exception inner) : base(message, inner) { }
    }

    /// <summary>One connection to the world: JSON lines both ways, one question at a time.</summary>
    public sealed class Connection : IDisposable
    {
        readonly Socket socket;
        readonly StreamReader reader;
        readonly Stream stream;
        public readonly string Address;

        public Connection(string address)
        {
            Address = address;
            socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint(address));
            stream = new NetworkStream(socket, false);
            reader = new StreamReader(stream, new UTF8Encoding(false), false, 65536);
        }

        public void Send(JsonNode message)
        {
            var bytes = Encoding.UTF8.GetBytes(message.ToJsonString() + "\n");
            try { stream.Write(bytes, 0, bytes.Length); }
            catch (IOException error) { throw new SimulatorFailure("The world has hung up.", error); }
        }

        public JsonObject Receive()
        {
            string line;
            try { line = reader.ReadLine(); }
            catch (IOException error) { throw new SimulatorFailure("The world has hung up.", error); }
            if (line == null) throw new SimulatorFailure("The world has hung up.", null);
            return (JsonObject)JsonNode.Parse(line);
        }

        public bool Usable()
        {
            // Nothing is owed to an idle connection, so anything readable is its end.
            try { return !socket.Poll(0, SelectMode.SelectRead); }
            catch (SocketException) { return false; }
            catch (ObjectDisposedException) { return false; }
        }

        public void Dispose() { reader.Dispose(); socket.Dispose(); }
    }

    /// <summary>A pool of connections: a pipeline re-enters while an earlier cmdlet still streams.</summary>
    public static class Channel
    {
        static readonly ConcurrentDictionary<string, ConcurrentBag<Connection>> idle =
            new ConcurrentDictionary<string, ConcurrentBag<Connection>>();

        public static Connection Take()
        {
            var bag = idle.GetOrAdd(Run.Socket, _ => new ConcurrentBag<Connection>());
            while (bag.TryTake(out var connection))
            {
                if (connection.Usable()) return connection;
                connection.Dispose();
            }
            try { return new Connection(Run.Socket); }
            catch (SocketException error) { throw new SimulatorFailure("The world cannot be reached.", error); }
        }

        public static void Give(Connection connection)
        {
            idle.GetOrAdd(connection.Address, _ => new ConcurrentBag<Connection>()).Add(connection);
        }

        /// <summary>Ask a question that has one answer and no events.</summary>
        public static JsonNode Ask(JsonObject question)
        {
            question["session"] = Run.Session;
            var connection = Take();
            var whole = false;
            try
            {
                connection.Send(question);
                var answer = connection.Receive();
                whole = true;
                if (answer["fail"] is JsonObject fail) throw new WorldError(Values.ErrorRecord(fail));
                if (answer["broken"] is JsonNode broken) throw new SimulatorFailure((string)broken, null);
                var value = answer["end"];
                answer.Remove("end");
                return value;
            }
            finally
            {
                if (whole) Give(connection); else connection.Dispose();
            }
        }

        public static JsonNode System(string what, JsonObject arguments = null)
        {
            return Ask(new JsonObject
            {
                ["call"] = "system", ["what"] = what, ["arguments"] = arguments ?? new JsonObject(),
            });
        }
    }

    /// <summary>The world answered with an error record.</summary>
    public sealed class WorldError : Exception
    {
        public readonly global::System.Management.Automation.ErrorRecord Record;

        public WorldError(global::System.Management.Automation.ErrorRecord record) : base(record.Exception.Message)
        {
            Record = record;
        }
    }
}
