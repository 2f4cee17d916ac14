# Shared by the tests: the staged module, files with random content, patrons and services, other programs, and network namespaces.

$modulePath = if ($env:TORRENTPATRON_MODULE) { $env:TORRENTPATRON_MODULE } else { Join-Path $PSScriptRoot '../../module/TorrentPatron' }
$modulePath = Join-Path (Resolve-Path $modulePath) 'TorrentPatron.psd1'
Import-Module $modulePath -Global

# Tests contact nobody outside, and no other program answers them.
if (-not $env:TORRENTPATRON_DISCOVERY) {
    $env:TORRENTPATRON_DISCOVERY = 'off'
}

function Get-TestModulePath {
    $modulePath
}

function New-TestFile {
    # Makes files of random bytes, and their folders.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([string[]] $Path, [int] $Size)

    foreach ($file in $Path) {
        $null = New-Item -ItemType Directory -Path (Split-Path $file) -Force
        $bytes = [byte[]]::new($Size)
        [Random]::Shared.NextBytes($bytes)
        [IO.File]::WriteAllBytes($file, $bytes)
    }
}

function New-TestContent {
    # Makes a file of random bytes and a .torrent file for it.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([string] $Folder = (Join-Path $TestDrive 'seed'), [string] $Name = 'data.bin', [int] $Size = 4MB)

    $file = Join-Path $Folder $Name
    New-TestFile $file $Size
    $torrent = New-TorrentFile -LiteralPath $file -Destination "$file.torrent" -PieceLength 64KB
    [pscustomobject]@{ Folder = $Folder; File = $file; Torrent = $torrent.FullName; Name = $Name }
}

# The suite runs a second time with TORRENTPATRON_SERVICE=shared: the session's default patron, and each patron of New-TestPatron, is then
# attached to a service in a separate process. A test of an intended difference, as CONTRIBUTING.md lists it, begins with Skip-WithService.
function Test-WithService {
    $env:TORRENTPATRON_SERVICE -eq 'shared'
}

function Skip-WithService {
    param([string] $Because)

    if (Test-WithService) {
        Set-ItResult -Skipped -Because "a service differs: $Because"
    }
}

function Get-TestPatronProgram {
    # Returns the path of patron.dll that was built last, if there is one.
    Get-ChildItem (Join-Path $PSScriptRoot '../../src/TorrentPatron.Cli/bin') -Recurse -Filter patron.dll -ErrorAction Ignore |
        Sort-Object LastWriteTime -Descending | Select-Object -First 1 -ExpandProperty FullName
}

function New-ShortFolder {
    # Makes a folder of the user with a short path: a socket's path may have 107 bytes. The test deletes it.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param()

    [IO.Directory]::CreateTempSubdirectory('tp-').FullName
}

function New-TestSocket {
    # Returns an unused address for a service: a socket in a folder of its own, or on Windows the name of a pipe.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([string] $Folder)

    $name = "tp-$([guid]::NewGuid().ToString('N').Substring(0, 8))"
    (Get-Variable IsWindows -ValueOnly) ? "TorrentPatron-test-$name" : (Join-Path $Folder $name 's')
}

function Start-TestHost {
    # Starts the service of a state folder unless it runs. It ends with this process.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSAvoidGlobalVars', '')]
    param([string] $StatePath, [switch] $IsDefault)

    if (-not $global:TorrentPatronTestHosts) {
        $global:TorrentPatronTestHosts = @{}
        $null = Register-EngineEvent PowerShell.Exiting -SupportEvent -Action { Stop-TestHost }
    }
    $known = $global:TorrentPatronTestHosts[$StatePath]
    if ($known -and -not $known.Process.HasExited) {
        return $known
    }
    $program = Get-TestPatronProgram
    if (-not $program) {
        throw 'patron is not built: dotnet build src/TorrentPatron.Cli'
    }

    $arguments = 'exec', $program, 'service', '--state', $StatePath, '--no-dht', '--no-local-discovery', '--no-port-mapping'
    if (-not $IsDefault) {
        $socket = New-TestSocket ([IO.Path]::GetTempPath())
        $arguments += '--socket', $socket
    }
    $start = [Diagnostics.ProcessStartInfo]::new('dotnet')
    $arguments | ForEach-Object { $start.ArgumentList.Add($_) }
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $process = [Diagnostics.Process]::Start($start)
    $line = $process.StandardOutput.ReadLine()
    if ($line -notlike 'The service listens on*') {
        throw "The service of '$StatePath' does not start: $line"
    }
    $global:TorrentPatronTestHosts[$StatePath] = [pscustomobject]@{ Process = $process; Socket = $socket }
    $global:TorrentPatronTestHosts[$StatePath]
}

function Stop-TestHost {
    # Stops the services of this process.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSAvoidGlobalVars', '')]
    param([Parameter(ValueFromPipeline)] [string] $StatePath)

    process {
        # A session without services has no table of them.
        $paths = $StatePath ? @($StatePath) : @($global:TorrentPatronTestHosts ? $global:TorrentPatronTestHosts.Keys : @())
        foreach ($path in $paths) {
            $known = $global:TorrentPatronTestHosts[$path]
            $global:TorrentPatronTestHosts.Remove($path)
            if (-not $known.Process.HasExited) {
                $known.Process.Kill()
                $known.Process.WaitForExit()
            }
            if ($known.Socket -and -not (Get-Variable IsWindows -ValueOnly)) {
                Remove-Item (Split-Path $known.Socket) -Recurse -Force -ErrorAction Ignore
            }
        }
    }
}

function Set-TestState {
    # Sets the state folder of the session's default patron, until Restore-TestState.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([string] $Path)

    $script:savedState = $env:TORRENTPATRON_STATE
    $env:TORRENTPATRON_STATE = $Path
    if (Test-WithService) {
        $null = Start-TestHost $Path -IsDefault
    }
}

function Restore-TestState {
    # Restores the state folder that Set-TestState replaced.
    $env:TORRENTPATRON_STATE = $script:savedState
}

if ((Test-WithService) -and $env:TORRENTPATRON_STATE -and -not (Test-Path "$env:TORRENTPATRON_STATE/service/service.sock")) {
    $null = Start-TestHost $env:TORRENTPATRON_STATE -IsDefault
}

function New-TestPatron {
    # Makes a patron with its own engine and state folder.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([string] $Name, [string] $StatePath)

    if (Test-WithService) {
        # Services without patrons belong to earlier tests.
        $used = @(Get-TorrentPatron | Where-Object IsRemote | ForEach-Object StatePath) + $StatePath + $env:TORRENTPATRON_STATE
        @($global:TorrentPatronTestHosts.Keys) | Where-Object { $_ -notin $used } | Stop-TestHost
        $patron = Connect-TorrentPatron $Name -Socket (Start-TestHost $StatePath).Socket
        $patron | Set-TorrentPatron -Default:$false -BindAddress 127.0.0.1 -StatusInterval 0.2
        return $patron
    }
    New-TorrentPatron -Name $Name -BindAddress 127.0.0.1 -StatePath $StatePath -StatusInterval 0.2
}

function New-TestLeecher {
    # Makes the patron 'leecher' with a new state folder. Returns the path of a folder for its downloads, which does not exist yet, and the patron.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param()

    $folder = Join-Path $TestDrive ([guid]::NewGuid())
    $folder
    New-TestPatron -Name 'leecher' -StatePath "$folder-state"
}

function Start-TestSeed {
    # Seeds the result of New-TestContent in this process; returns the address of the peer.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param($Content, [string] $StatePath = (Join-Path $TestDrive 'seed-state'))

    $seeder = New-TorrentPatron -Name "seeder-$($Content.Name)" -BindAddress 127.0.0.1 -StatePath $StatePath -StatusInterval 0.2
    $null = Start-Torrent -LiteralPath $Content.Torrent -Destination $Content.Folder -Patron $seeder -Timeout 120 -ErrorAction Stop
    "127.0.0.1:$($seeder.Port)"
}

function Start-TestSwarm {
    # Makes a file of 4 MB, which a seed has, and one of 200 KB, which nobody has. Returns both, and the address of the seed.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param()

    $content = New-TestContent
    $content
    New-TestContent -Name 'other.bin' -Size 200KB
    Start-TestSeed $content
}

function Wait-TestCondition {
    # Waits until a condition is true, or the time is over.
    param([scriptblock] $Condition, [int] $Seconds = 120)

    $clock = [Diagnostics.Stopwatch]::StartNew()
    while ($clock.Elapsed.TotalSeconds -lt $Seconds) {
        if (& $Condition) {
            return $true
        }
        Start-Sleep -Milliseconds 50
    }
    $false
}

function Register-TestTimer {
    # Runs an action once, after a while, with data in $Event.MessageData; returns the subscription.
    param([int] $Milliseconds, $MessageData, [scriptblock] $Action)

    $timer = [Timers.Timer]::new($Milliseconds)
    $timer.AutoReset = $false
    Register-ObjectEvent $timer Elapsed -MessageData $MessageData -Action $Action
    $timer.Start()
}

function Clear-TestEvent {
    # Ends all subscriptions of the session to events, and empties its queue of events.
    Get-EventSubscriber | Unregister-Event
    Get-Event | Remove-Event
}

function Test-SameContent {
    param([string] $Path, [string] $Other)

    (Get-FileHash -LiteralPath $Path).Hash -eq (Get-FileHash -LiteralPath $Other).Hash
}

function Get-WhatIfText {
    # Returns the text of -WhatIf on the console.
    param([scriptblock] $Script)

    $transcript = Join-Path ([IO.Path]::GetTempPath()) "$([guid]::NewGuid()).txt"
    $null = Start-Transcript -Path $transcript -UseMinimalHeader
    try {
        . $Script
    } finally {
        $null = Stop-Transcript
    }
    (Get-Content $transcript -Raw) -replace '\r?\n'
    Remove-Item $transcript
}

function Get-TestShell {
    # Returns the program and the arguments that start this PowerShell again, for a command or a script if one is given. The process of the .NET
    # tool is dotnet, and its own pwsh is a parent process that does not forward signals.
    param([string] $Command, [string] $File)

    $program = [Environment]::ProcessPath
    $program
    if ([IO.Path]::GetFileNameWithoutExtension($program) -eq 'dotnet') {
        Join-Path $PSHOME 'pwsh.dll'
    }
    if ($Command) {
        '-NoProfile', '-NonInteractive', '-Command', $Command
    } elseif ($File) {
        '-NoProfile', '-NonInteractive', '-File', $File
    }
}

function Invoke-TestScript {
    # Runs a script in a separate process, as cron does: nobody can be asked. Its torrents run in it, unless the script says otherwise.
    param([string] $Folder, [string] $Script, [switch] $NoWait)

    $null = New-Item -ItemType Directory -Path $Folder -Force
    $file = Join-Path $Folder "$([guid]::NewGuid()).ps1"
    "`$env:TORRENTPATRON_SERVICE = ''; $Script" | Set-Content $file
    $program, $first = Get-TestShell -File $file
    $arguments = @{
        FilePath               = $program
        ArgumentList           = $first | ForEach-Object { "`"$_`"" }
        WorkingDirectory       = $Folder
        RedirectStandardOutput = "$file.out"
        RedirectStandardError  = "$file.err"
        PassThru               = $true
        NoNewWindow            = $true
    }
    $process = Start-Process @arguments
    if ($NoWait) {
        return $process
    }
    if (-not $process.WaitForExit(60000)) {
        $process.Kill($true)
    }
    [pscustomobject]@{
        ProcessId = $process.Id
        ExitCode  = $process.ExitCode
        Output    = @(Get-Content "$file.out", "$file.err")
        Error     = @(Get-Content "$file.err")
    }
}

$startedProcesses = [Collections.Generic.List[Diagnostics.Process]]::new()

function Start-TestProcess {
    # Starts a program, in a network namespace if one is given, with its input, output and errors redirected. Stop-TestProcess ends it.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([string[]] $Command, [string] $Network, [hashtable] $Environment = @{})

    $program, $arguments = @($Network ? ('ip', 'netns', 'exec', $Network) : @()) + $Command
    $start = [Diagnostics.ProcessStartInfo]::new($program)
    $arguments | Where-Object { $null -ne $_ } | ForEach-Object { $start.ArgumentList.Add($_) }
    $Environment.GetEnumerator() | ForEach-Object { $start.Environment[$_.Key] = $_.Value }
    $start.RedirectStandardInput = $start.RedirectStandardOutput = $start.RedirectStandardError = $true
    $process = [Diagnostics.Process]::Start($start)
    $startedProcesses.Add($process)
    $process
}

function Stop-TestProcess {
    # Kills the programs that Start-TestProcess has started, and their child processes.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param()

    foreach ($process in $startedProcesses) {
        if (-not $process.HasExited) {
            $process.Kill($true)
            $null = $process.WaitForExit(10000)
        }
    }
    $startedProcesses.Clear()
}

function Start-TestProgram {
    # Starts a program and waits for the first line of its output, which is the property Line of the process.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([string[]] $Command, [string] $Network)

    $process = Start-TestProcess $Command $Network
    $line = $process.StandardOutput.ReadLineAsync()
    if (-not $line.Wait(60000)) {
        throw "The program writes nothing: $Command"
    }
    $process | Add-Member Line $line.Result -PassThru
}

function Start-TestShellService {
    # Starts a service in a new process of this PowerShell, and waits until it listens. One that systemd starts does not write a line: -NoWait.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([string] $StatePath, [string] $Socket, [string] $Parameters, [hashtable] $Environment = @{}, [switch] $NoWait)

    $command = Get-TestShell "Import-Module '$modulePath'
        Start-TorrentService -Foreground -BindAddress 127.0.0.1 -StatePath '$StatePath' -Socket '$Socket' $Parameters"
    $NoWait ? (Start-TestProcess $command -Environment $Environment) : (Start-TestProgram $command)
}

function Get-TestPython {
    # Returns a Python that has libtorrent, if there is one. Debian's comes first: packages are not installed for another one.
    '/usr/bin/python3', 'python3' | Where-Object { Get-Command $_ -ErrorAction Ignore } |
        Where-Object { $null = & $_ -c 'import libtorrent' 2>$null; $LASTEXITCODE -eq 0 } | Select-Object -First 1
}

function Start-TestLibtorrent {
    # Starts a libtorrent peer, which seeds what is in the folder and downloads the rest. See tests/Interop/Python/libtorrent_peer.py for options.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([string] $Torrent, [string] $Folder, [string] $Address, [string[]] $Peer, [string[]] $Option, [string] $Network)

    $script = Join-Path $PSScriptRoot '../Interop/Python/libtorrent_peer.py'
    $process = Start-TestProcess ((Get-TestPython), $script + $Option + $Torrent, $Folder, $Address + $Peer | Where-Object { $_ }) $Network
    # It writes its alerts there, and would wait for a reader when the pipe is full.
    $process.BeginErrorReadLine()
    $process
}

function Wait-TestOutput {
    # Waits until a program writes a line; returns whether it came in time.
    param([Diagnostics.Process] $Process, [string] $Line, [int] $Seconds = 60)

    $clock = [Diagnostics.Stopwatch]::StartNew()
    do {
        $read = $Process.StandardOutput.ReadLineAsync()
        $isRead = $read.Wait([Math]::Max(0, [int] (1000 * $Seconds - $clock.ElapsedMilliseconds)))
    } while ($isRead -and $null -ne $read.Result -and $read.Result -ne $Line)
    $isRead -and $read.Result -eq $Line
}

function Get-TestPort {
    # A TCP port of loopback that is free at the moment.
    $socket = [Net.Sockets.TcpListener]::new([ipaddress]::Loopback, 0)
    $socket.Start()
    $socket.LocalEndpoint.Port
    $socket.Stop()
}

function Start-TestListener {
    # An HTTP server with one thread and a script for its answers.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([hashtable] $State, [scriptblock] $Answer)

    $port = Get-TestPort
    $listener = [Net.HttpListener]::new()
    $listener.Prefixes.Add("http://127.0.0.1:$port/")
    $listener.Start()
    $served = @{ Listener = $listener; Answer = "$Answer"; State = $State }
    $job = Start-ThreadJob {
        $served = $using:served
        $respond = [scriptblock]::Create($served.Answer)
        while ($served.Listener.IsListening) {
            try {
                $context = $served.Listener.GetContext()
            } catch {
                return
            }
            & $respond $context $served.State
            $context.Response.Close()
        }
    }
    [pscustomobject]@{ Uri = "http://127.0.0.1:$port/"; Listener = $listener; Job = $job }
}

function Start-TestSite {
    # A web site that returns the same content for every address except /missing.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([byte[]] $Content)

    Start-TestListener @{ Content = $Content } {
        param($context, $state)
        if ($context.Request.Url.AbsolutePath -eq '/missing') {
            $context.Response.StatusCode = 404
        } else {
            $context.Response.ContentType = 'application/x-bittorrent'
            $context.Response.OutputStream.Write([byte[]]$state.Content)
        }
    }
}

function Stop-TestSite {
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param($Site)

    $Site.Listener.Stop()
    $Site.Job | Remove-Job -Force
}

function Start-TestTracker {
    # An HTTP tracker that returns one peer or none, or refuses with a given text, and records the query of each announce.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([string] $Peer, [string] $Refusal)

    [byte[]] $peers = @()
    if ($Peer) {
        $endPoint = [Net.IPEndPoint]::Parse($Peer)
        $peers = $endPoint.Address.GetAddressBytes() + [byte]($endPoint.Port -shr 8) + [byte]($endPoint.Port -band 255)
    }
    $answer = [Text.Encoding]::ASCII.GetBytes("d8:completei3e10:incompletei2e8:intervali1800e12:min intervali1e5:peers$($peers.Count):") + $peers + [byte][char]'e'
    if ($Refusal) {
        $answer = [Text.Encoding]::UTF8.GetBytes("d14:failure reason$([Text.Encoding]::UTF8.GetByteCount($Refusal)):${Refusal}e")
    }

    $queries = [Collections.Concurrent.ConcurrentQueue[string]]::new()
    $site = Start-TestListener @{ Answer = $answer; Queries = $queries } {
        param($context, $state)
        $state.Queries.Enqueue($context.Request.Url.Query)
        $context.Response.OutputStream.Write([byte[]]$state.Answer)
    }
    [pscustomobject]@{ Uri = "$($site.Uri)announce"; Queries = $queries; Site = $site }
}

function Stop-TestTracker {
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param($Tracker)

    Stop-TestSite $Tracker.Site
}

function Test-NetworkSupport {
    # Whether network namespaces can be made, which needs Linux, root and iproute2, and whether the given programs are installed.
    param([string[]] $Program, [switch] $Libtorrent)

    $missing = @($Program) + 'ip' | Where-Object { $_ -and -not (Get-Command $_ -ErrorAction Ignore) }
    if ($missing -or -not $IsLinux -or (id -u) -ne 0 -or ($Libtorrent -and -not (Get-TestPython))) {
        return $false
    }
    $probe = "tp-probe-$PID"
    ip netns add $probe 2>$null
    $LASTEXITCODE -eq 0
    ip netns delete $probe 2>$null
}

function New-TestNetwork {
    # Makes network namespaces, which have only loopback.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([string[]] $Name, [switch] $NoIPv6)

    foreach ($network in $Name) {
        ip netns add $network
        ip -n $network link set lo up
        if ($NoIPv6) {
            ip netns exec $network sh -c 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6'
        }
    }
}

function Connect-TestNetwork {
    # Connects two network namespaces with a link, and waits until it is up: libtorrent listens only on addresses of such links.
    # Each end has the keys Network, Link and Address, with its prefix length.
    param([hashtable] $One, [hashtable] $Other)

    ip -n $One.Network link add $One.Link type veth peer name $Other.Link netns $Other.Network
    foreach ($end in $One, $Other) {
        ip -n $end.Network address add $end.Address dev $end.Link
        ip -n $end.Network link set $end.Link up
    }
    foreach ($end in $One, $Other) {
        if (-not (Wait-TestCondition { "$(ip -n $end.Network link show $end.Link)" -match ' state UP ' })) {
            throw "The link $($end.Link) is not up."
        }
    }
}

function Remove-TestNetwork {
    # Deletes network namespaces, and their settings below /etc/netns.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([string[]] $Name)

    foreach ($network in $Name) {
        ip netns delete $network
        Remove-Item "/etc/netns/$network" -Recurse -Force -ErrorAction Ignore
    }
}

function Start-TestCapture {
    # Captures what leaves a network namespace through a link and matches a filter of tcpdump.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([string] $Network, [string] $Link, [string] $Filter)

    $file = Join-Path $TestDrive "$([guid]::NewGuid()).pcap"
    $process = Start-TestProcess 'tcpdump', '-i', $Link, '-Q', 'out', '-U', '-w', $file, $Filter -Network $Network
    $null = $process.StandardError.ReadLine()
    if (-not (Wait-TestCondition { (Get-Item $file -ErrorAction Ignore).Length -gt 0 })) {
        throw 'tcpdump does not listen.'
    }
    [pscustomobject]@{ Process = $process; File = $file }
}

function Stop-TestCapture {
    # Ends a capture, and returns a line for each packet.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param($Capture)

    kill -INT $Capture.Process.Id
    $null = $Capture.Process.WaitForExit(10000)
    tcpdump -n -r $Capture.File 2>$null
}

function Start-TestSession {
    # Starts PowerShell in a network namespace. It runs a script once, and then reports until Stop-TestSession: Get-TestReport returns what the
    # other script returned last. In between it runs the scripts of Invoke-TestSession.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([string] $Network, [string] $Script, [string] $Report)

    $folder = (New-Item -ItemType Directory (Join-Path $TestDrive ([guid]::NewGuid()))).FullName
    Set-Content "$folder/session.ps1" @"
Import-Module '$modulePath'
$Script
while (-not (Test-Path '$folder/end')) {
    if (Test-Path '$folder/next.ps1') {
        . '$folder/next.ps1'
        Remove-Item '$folder/next.ps1'
    }
    ConvertTo-Json -Depth 4 @(
        $Report
    ) | Set-Content '$folder/report.new'
    Move-Item '$folder/report.new' '$folder/report.json' -Force
    Start-Sleep -Milliseconds 100
}
Get-TorrentPatron | Stop-TorrentPatron
"@
    [pscustomobject]@{ Process = Start-TestProcess (Get-TestShell -File "$folder/session.ps1") $Network; Folder = $folder }
}

function Get-TestReport {
    # Returns the last report of a session, or nothing.
    param($Session)

    try { Get-Content "$($Session.Folder)/report.json" -Raw -ErrorAction Stop | ConvertFrom-Json } catch { $null }
}

function Invoke-TestSession {
    # Runs a script in a session, and waits for its end.
    param($Session, [string] $Script)

    Set-Content "$($Session.Folder)/next.new" $Script
    Move-Item "$($Session.Folder)/next.new" "$($Session.Folder)/next.ps1"
    if (-not (Wait-TestCondition { -not (Test-Path "$($Session.Folder)/next.ps1") })) {
        throw "The session has not run: $Script"
    }
}

function Stop-TestSession {
    # Ends a session and its patrons; returns whether it ended in time.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param($Session)

    Set-Content "$($Session.Folder)/end" end
    $Session.Process.WaitForExit(30000)
}
