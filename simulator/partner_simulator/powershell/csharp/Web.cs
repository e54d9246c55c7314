using System;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace PartnerSimulator
{
    /// <summary>
    /// Name resolution of the simulated domain: real requests, real TLS against the name that was asked for,
    /// but to the address that the world names. Everything else cannot be resolved.
    /// </summary>
    public sealed class Resolver : IWebRequestCreate
    {
        public static void Register()
        {
            WebRequest.RegisterPrefix("https://", new Resolver());
            WebRequest.RegisterPrefix("http://", new Resolver());
        }

        public WebRequest Create(Uri uri)
        {
            var where = Channel.System("resolve", new JsonObject { ["host"] = uri.IdnHost, ["port"] = uri.Port });
            if (where == null) return Lost(uri);
            var target = new UriBuilder(uri) { Host = (string)where["address"], Port = (int)where["port"] }.Uri;
            var request = (HttpWebRequest)WebRequest.CreateDefault(target);
            // Validation and SNI go by the Host header; a closed connection never answers for a later run.
            request.Host = uri.IsDefaultPort ? uri.IdnHost : uri.IdnHost + ":" + uri.Port;
            request.KeepAlive = false;
            return request;
        }

        /// <summary>A request as any other (scripts cast it), that fails when it is about to connect.</summary>
        static HttpWebRequest Lost(Uri uri)
        {
            var request = (HttpWebRequest)WebRequest.CreateDefault(new Uri(uri.Scheme + "://127.0.0.1:1/"));
            request.ServicePoint.BindIPEndPointDelegate = (point, far, retries) => throw new NameLost(uri.Host);
            return request;
        }
    }

    /// <summary>The simulated DNS does not know a name.</summary>
    public sealed class NameLost : SocketException
    {
        readonly string host;
        public NameLost(string host) : base((int)SocketError.HostNotFound) { this.host = host; }
        public override string Message { get { return "The remote name could not be resolved: '" + host + "'"; } }
    }
}
