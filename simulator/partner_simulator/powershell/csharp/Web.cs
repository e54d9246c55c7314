using System;
using System.Net;
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
            if (where == null) return new UnresolvableRequest(uri);
            var target = new UriBuilder(uri) { Host = (string)where["address"], Port = (int)where["port"] }.Uri;
            var request = (HttpWebRequest)WebRequest.CreateDefault(target);
            // Validation and SNI go by the Host header; a closed connection never answers for a later run.
            request.Host = uri.IsDefaultPort ? uri.IdnHost : uri.IdnHost + ":" + uri.Port;
            request.KeepAlive = false;
            return request;
        }
    }

    /// <summary>A request to a name that the simulated DNS does not know.</summary>
    public sealed class UnresolvableRequest : WebRequest
    {
        readonly Uri uri;
        public UnresolvableRequest(Uri uri) { this.uri = uri; Headers = new WebHeaderCollection(); Method = "GET"; }
        public override Uri RequestUri { get { return uri; } }
        public override string Method { get; set; }
        public override WebHeaderCollection Headers { get; set; }
        public override IWebProxy Proxy { get; set; }
        public override int Timeout { get; set; }
        public override bool UseDefaultCredentials { get; set; }
        public override ICredentials Credentials { get; set; }
        public override bool PreAuthenticate { get; set; }
        public override string ContentType { get; set; }
        public int ReadWriteTimeout { get; set; }
        public int MaximumAutomaticRedirections { get; set; }
        public int MaximumResponseHeadersLength { get; set; }
        public bool AllowAutoRedirect { get; set; }
        public bool KeepAlive { get; set; }
        public string Accept { get; set; }
        public string UserAgent { get; set; }
        public string Host { get; set; }
        public CookieContainer CookieContainer { get; set; }
        public DecompressionMethods AutomaticDecompression { get; set; }
        public ServicePoint ServicePoint { get { return ServicePointManager.FindServicePoint(uri); } }
        public override void Abort() { }

        public override WebResponse GetResponse()
        {
            throw new WebException(
                "The remote name could not be resolved: '" + uri.Host + "'", null, WebExceptionStatus.NameResolutionFailure, null);
        }
    }
}
