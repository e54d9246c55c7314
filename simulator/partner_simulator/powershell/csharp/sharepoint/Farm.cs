using System;
using System.Collections.ObjectModel;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using PartnerSimulator;

namespace Microsoft.SharePoint.Administration
{
    /// <summary>Numbers are a choice of the simulator.</summary>
    public enum SPServerRole { Invalid = -1, WebFrontEnd = 0, SingleServer = 1, Application = 2 }

    public enum SPObjectStatus { Online = 0, Disabled = 1, Offline = 2, Unprovisioning = 3, Provisioning = 4, Upgrading = 5 }

    /// <summary>A server of the farm, or one that it only knows of.</summary>
    public sealed class SPServer : Live
    {
        public Guid Id { get; private set; }
        public string Name { get; private set; }
        public string DisplayName { get; private set; }
        public string Address { get; private set; }
        public SPServerRole Role { get; private set; }
        public SPObjectStatus Status { get; private set; }
        public bool NeedsUpgrade { get; private set; }
        public override string ToString() { return "SPServer Name=" + Name; }
        protected override string Called() { return Name; }
    }

    /// <summary>A certificate that the farm trusts as a root.</summary>
    public sealed class SPTrustedRootAuthority : Live
    {
        public Guid Id { get; private set; }
        public string Name { get; private set; }
        public X509Certificate2 Certificate { get; private set; }
        public override string ToString() { return "SPTrustedRootAuthority Name=" + Name; }
        protected override string Called() { return Id.ToString(); }
    }

    /// <summary>What service applications and their proxies have in common.</summary>
    public abstract class SPServiceApplicationBase : Live
    {
        public Guid Id { get; private protected set; }
        public string Name { get; private protected set; }
        public string DisplayName { get; private protected set; }
        public string TypeName { get; private protected set; }
        public SPObjectStatus Status { get; private protected set; }
        public override string ToString() { return Name ?? ""; }
        protected override string Called() { return Id.ToString(); }
    }
}

namespace Microsoft.SharePoint.AppManagement
{
    public sealed class AppManagementServiceApplication : Administration.SPServiceApplicationBase { }

    public sealed class AppManagementServiceApplicationProxy : Administration.SPServiceApplicationBase { }
}

namespace Microsoft.SharePoint
{
    public sealed class SPSubscriptionSettingsServiceApplication : Administration.SPServiceApplicationBase { }

    public sealed class SPSubscriptionSettingsServiceApplicationProxy : Administration.SPServiceApplicationBase { }
}

namespace Microsoft.Office.Server.Administration
{
    public sealed class UserProfileApplication : Microsoft.SharePoint.Administration.SPServiceApplicationBase { }

    public sealed class UserProfileApplicationProxy : Microsoft.SharePoint.Administration.SPServiceApplicationBase { }
}

namespace Microsoft.SharePoint.Administration.Claims
{
    /// <summary>A trusted security token issuer. It has no property IsTrustBroker.</summary>
    public sealed class SPTrustedSecurityTokenService : Live
    {
        public Guid Id { get; private set; }
        public string Name { get; set; }
        public string DisplayName { get; private set; }
        public string NameId { get; private set; }
        public string RegisteredIssuerName { get; private set; }
        public bool IsSelfIssuer { get; private set; }
        public Uri MetadataEndPoint { get; private set; }
        public bool IsAutomaticallyUpdated { get; private set; }
        public X509Certificate2 SigningCertificate { get; private set; }
        public Collection<X509Certificate2> AdditionalSigningCertificates { get; private set; }
        public string Description { get; set; }
        public long Version { get; private set; }
        public override string ToString() { return "SPTrustedSecurityTokenService Name=" + Name; }
        protected override string Called() { return Id.ToString(); }

        /// <summary>Store a changed name or description.</summary>
        public void Update()
        {
            var stored = Ask("SPTrustedSecurityTokenService.Update", new JsonObject
            {
                ["Id"] = Id.ToString(), ["Version"] = Version, ["Name"] = Name, ["Description"] = Description,
            });
            if (stored.Count > 0) Fill(stored[0]);
        }
    }
}
