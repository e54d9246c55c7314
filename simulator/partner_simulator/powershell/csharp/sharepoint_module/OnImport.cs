using System.Management.Automation;
using System.Text.Json.Nodes;

namespace PartnerSimulator
{
    /// <summary>The module of Subscription Edition fails on a machine that is in no farm.</summary>
    public sealed class SharePointImport : IModuleAssemblyInitializer
    {
        public void OnImport()
        {
            var told = Channel.System("load", new JsonObject { ["name"] = "SharePointServer" });
            var error = told == null ? null : (string)told["error"];
            if (!string.IsNullOrEmpty(error)) throw new RuntimeException(error);
        }
    }
}
