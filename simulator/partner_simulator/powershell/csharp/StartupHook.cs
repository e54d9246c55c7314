using System;
using System.Collections.Generic;
using System.IO;
using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading;
using Microsoft.PowerShell;
using PartnerSimulator;

/// <summary>Runs inside the genuine pwsh before its Main (DOTNET_STARTUP_HOOKS).</summary>
internal static class StartupHook
{
    [DllImport("libc", SetLastError = true)]
    static extern int kill(int process, int signal);

    static Connection engine;

    public static void Initialize()
    {
        var address = Environment.GetEnvironmentVariable("PARTNER_SIMULATOR_CONTROL");
        Environment.SetEnvironmentVariable("DOTNET_STARTUP_HOOKS", null);
        if (address == null) return;
        engine = new Connection(address);
        var token = Environment.GetEnvironmentVariable("PARTNER_SIMULATOR_TOKEN");
        engine.Send(new JsonObject { ["call"] = "host", ["token"] = token });
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        Resolver.Register();
        AppDomain.CurrentDomain.ProcessExit += (sender, e) =>
        {
            // Linux hands on eight bits of an exit code, Windows all thirty-two.
            try { engine.Send(new JsonObject { ["exit_code"] = Environment.ExitCode }); }
            catch (SimulatorFailure) { }
        };
        var job = engine.Receive();
        if ((string)job["kind"] == "cold") Cold(job); else Reused(job);
    }

    /// <summary>One run in this process, by its own Main; only the machine's look is prepared.</summary>
    static void Cold(JsonObject job)
    {
        Prepare(job);
        var encoding = CodePage(job);
        Console.InputEncoding = encoding;
        Console.OutputEncoding = encoding;
        new Thread(DieWithTheEngine) { IsBackground = true }.Start();
    }

    static void DieWithTheEngine()
    {
        try { engine.Receive(); }
        catch (SimulatorFailure) { kill(0, 9); }
    }

    /// <summary>Run after run, each by the real ConsoleHost with everything reset that outlives a run.</summary>
    static void Reused(JsonObject first)
    {
        Warm();
        var jobs = new System.Collections.Concurrent.BlockingCollection<JsonObject>();
        new Thread(() =>
        {
            try { while (true) jobs.Add(engine.Receive()); }
            catch (SimulatorFailure) { kill(0, 9); }
        }) { IsBackground = true }.Start();
        engine.Send(new JsonObject { ["ready"] = true });
        foreach (var job in jobs.GetConsumingEnumerable()) engine.Send(new JsonObject { ["exit_code"] = One(job) });
    }

    static void Warm()
    {
        using (var shell = PowerShell.Create())
        {
            shell.AddScript("$null = Get-Item /; '{\"a\":1}' | ConvertFrom-Json | ConvertTo-Json | Out-String");
            shell.Invoke();
        }
    }

    static int One(JsonObject job)
    {
        Prepare(job);
        Reset();
        var encoding = CodePage(job);
        var mark = Encoding.ASCII.GetBytes((string)job["mark"]);
        Console.OutputEncoding = encoding;
        var output = Console.OpenStandardOutput();
        var error = Console.OpenStandardError();
        Console.SetIn(new StringReader(encoding.GetString(Convert.FromBase64String((string)job["stdin"]))));
        Console.SetOut(new StreamWriter(output, encoding, 256) { AutoFlush = true });
        Console.SetError(new StreamWriter(error, encoding, 256) { AutoFlush = true });
        output.Write(mark);
        error.Write(mark);
        var code = UnmanagedPSEntry.Start(Arguments(job), ((JsonArray)job["arguments"]).Count);
        Console.Out.Flush();
        Console.Error.Flush();
        output.Write(mark);
        error.Write(mark);
        return code;
    }

    static string[] Arguments(JsonObject job)
    {
        var list = new List<string>();
        foreach (var item in (JsonArray)job["arguments"]) list.Add((string)item);
        return list.ToArray();
    }

    static Encoding CodePage(JsonObject job)
    {
        var page = (int)job["codepage"];
        return page == 65001 ? new UTF8Encoding(false) : Encoding.GetEncoding(page);
    }

    static void Prepare(JsonObject job)
    {
        Run.Socket = (string)job["socket"];
        Run.Session = (string)job["session"];
        Run.Root = (string)job["root"];
        Run.Emulates = (string)job["emulates"];
        Run.Core = typeof(StartupHook).Assembly.Location;
        Run.Snapins.Clear();
        foreach (var pair in (JsonObject)job["snapins"]) Run.Snapins[pair.Key] = (string)pair.Value;
        foreach (string name in new List<object>(ToList(Environment.GetEnvironmentVariables().Keys)))
            if (!name.StartsWith("DOTNET_") && name != "HOME") Environment.SetEnvironmentVariable(name, null);
        foreach (var pair in (JsonObject)job["environment"]) Environment.SetEnvironmentVariable(pair.Key, (string)pair.Value);
        Directory.SetCurrentDirectory((string)job["folder"]);
    }

    static IEnumerable<object> ToList(System.Collections.IEnumerable items)
    {
        foreach (var item in items) yield return item;
    }

    /// <summary>What a run leaves in the process. PowerShell's own statics are private: the version is pinned by self-test.</summary>
    static void Reset()
    {
        const BindingFlags hidden = BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.Static;
        var console = typeof(UnmanagedPSEntry).Assembly.GetType("Microsoft.PowerShell.ConsoleHost", true);
        Renew(console.GetField("s_cpp", hidden).GetValue(null));
        Renew(typeof(PSStyle).GetProperty("Instance", hidden).GetValue(null));
        typeof(System.Management.Automation.Runspaces.Runspace).GetField("s_primaryRunspace", hidden).SetValue(null, null);
        ServicePointManager.ServerCertificateValidationCallback = null;
        ServicePointManager.SecurityProtocol = SecurityProtocolType.SystemDefault;
        RemoteSessions.CloseAll();
    }

    /// <summary>Give a process-wide object the fields of a new one.</summary>
    static void Renew(object shared)
    {
        var fresh = Activator.CreateInstance(shared.GetType(), true);
        foreach (var field in shared.GetType().GetFields(BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.Instance))
            field.SetValue(shared, field.GetValue(fresh));
    }
}
