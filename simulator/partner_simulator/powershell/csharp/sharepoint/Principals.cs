using System;
using System.Collections.Generic;
using System.Text.Json.Nodes;
using PartnerSimulator;

namespace Microsoft.SharePoint
{
    /// <summary>A web: what permissions are asked through.</summary>
    public sealed class SPWeb : Live, IDisposable
    {
        public Guid ID { get; private set; }
        public string Url { get; private set; }
        public string Title { get; private set; }
        public bool IsRootWeb { get; private set; }
        public void Dispose() { }
        public override string ToString() { return Title; }
        protected override string Called() { return Url; }
    }

    /// <summary>A site collection.</summary>
    public sealed class SPSite : Live, IDisposable
    {
        public Guid ID { get; private set; }
        public string Url { get; private set; }
        public bool HostHeaderIsSiteName { get; private set; }
        public SPWeb RootWeb { get; private set; }
        public void Dispose() { }
        public override string ToString() { return "SPSite Url=" + Url; }
        protected override string Called() { return Url; }
    }

    /// <summary>Who an application is to the sites.</summary>
    public sealed class SPAppPrincipal : Live
    {
        public string DisplayName { get; private set; }
        public string NameIdentifier { get; private set; }
        public string EncodedNameIdentifier { get; private set; }
        public string EncodedIdentityClaim { get; private set; }
        protected override string Called() { return NameIdentifier; }

        internal static SPAppPrincipal Of(JsonArray properties)
        {
            var made = new SPAppPrincipal();
            made.Fill(properties);
            return made;
        }
    }

    /// <summary>Where a principal's name comes from; only External is simulated.</summary>
    public sealed class SPAppPrincipalIdentityProvider
    {
        SPAppPrincipalIdentityProvider() { }
        static readonly SPAppPrincipalIdentityProvider external = new SPAppPrincipalIdentityProvider();
        public static SPAppPrincipalIdentityProvider External { get { return external; } }
    }

    /// <summary>The name of a principal, `id@realm`.</summary>
    public sealed class SPAppPrincipalName
    {
        SPAppPrincipalName(string name) { Name = name; }
        internal string Name { get; private set; }

        public static SPAppPrincipalName CreateFromNameIdentifier(string nameIdentifier)
        {
            if (string.IsNullOrEmpty(nameIdentifier)) throw new ArgumentNullException("nameIdentifier");
            return new SPAppPrincipalName(nameIdentifier);
        }
    }

    /// <summary>Finds principals.</summary>
    public sealed class SPAppPrincipalManager : Live
    {
        readonly SPWeb web;
        SPAppPrincipalManager(SPWeb web) { this.web = web; }
        protected override string Called() { return web.Url; }

        public static SPAppPrincipalManager GetManager(SPWeb web)
        {
            if (web == null) throw new ArgumentNullException("web");
            return new SPAppPrincipalManager(web);
        }

        public SPAppPrincipal LookupAppPrincipal(SPAppPrincipalIdentityProvider identityProvider, SPAppPrincipalName principalName)
        {
            if (identityProvider == null) throw new ArgumentNullException("identityProvider");
            if (principalName == null) throw new ArgumentNullException("principalName");
            var found = Ask("SPAppPrincipalManager.LookupAppPrincipal",
                new JsonObject { ["Web"] = web.Url, ["Name"] = principalName.Name });
            return found.Count == 0 ? null : SPAppPrincipal.Of(found[0]);
        }
    }

    /// <summary>Numbers are a choice of the simulator.</summary>
    public enum SPAppPrincipalPermissionKind { None = 0, Guest = 1, Read = 2, Write = 3, Manage = 4, FullControl = 5 }

    /// <summary>Reads what a principal may do.</summary>
    public sealed class SPAppPrincipalPermissionsManager : Live
    {
        readonly SPWeb web;
        protected override string Called() { return web.Url; }

        public SPAppPrincipalPermissionsManager(SPWeb web)
        {
            if (web == null) throw new ArgumentNullException("web");
            this.web = web;
        }

        public SPAppPrincipalPermissionKind GetAppPrincipalSiteSubscriptionContentPermission(SPAppPrincipal appPrincipal)
        {
            return Kind("GetAppPrincipalSiteSubscriptionContentPermission", appPrincipal);
        }

        public SPAppPrincipalPermissionKind GetAppPrincipalSitePermission(SPAppPrincipal appPrincipal)
        {
            return Kind("GetAppPrincipalSitePermission", appPrincipal);
        }

        public SPAppPrincipalPermissionKind GetAppPrincipalWebPermission(SPAppPrincipal appPrincipal)
        {
            return Kind("GetAppPrincipalWebPermission", appPrincipal);
        }

        public bool IsAppOnlyPolicyAllowed(SPAppPrincipal appPrincipal)
        {
            return (bool)Value("IsAppOnlyPolicyAllowed", appPrincipal);
        }

        SPAppPrincipalPermissionKind Kind(string method, SPAppPrincipal principal)
        {
            return Enum.Parse<SPAppPrincipalPermissionKind>((string)Value(method, principal)["m"]);
        }

        JsonNode Value(string method, SPAppPrincipal principal)
        {
            if (principal == null) throw new ArgumentNullException("appPrincipal");
            var found = Ask("SPAppPrincipalPermissionsManager." + method,
                new JsonObject { ["Web"] = web.Url, ["AppPrincipal"] = principal.NameIdentifier });
            if (found.Count == 0) throw new SimulatorFailure(method + " was answered with nothing.", null);
            return found[0][0][1];
        }
    }
}
