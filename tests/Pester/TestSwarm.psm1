# What the tests share: the staged module, files with content that nothing can guess, and patrons that keep to loopback.

$modulePath = if ($env:TORRENTPATRON_MODULE) { $env:TORRENTPATRON_MODULE } else { Join-Path $PSScriptRoot '../../module/TorrentPatron' }
$modulePath = Join-Path (Resolve-Path $modulePath) 'TorrentPatron.psd1'
Import-Module $modulePath -Global

# Nobody outside is asked, and nobody beside these tests answers.
if (-not $env:TORRENTPATRON_DISCOVERY) {
    $env:TORRENTPATRON_DISCOVERY = 'off'
}

function Get-TestModulePath {
    $modulePath
}

function New-TestContent {
    # A file of random bytes, and a .torrent of it beside it.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([string] $Folder, [string] $Name = 'data.bin', [int] $Size = 4MB)

    $null = New-Item -ItemType Directory -Path $Folder -Force
    $file = Join-Path $Folder $Name
    $bytes = [byte[]]::new($Size)
    [Random]::Shared.NextBytes($bytes)
    [IO.File]::WriteAllBytes($file, $bytes)
    $torrent = New-TorrentFile -LiteralPath $file -Destination "$file.torrent" -PieceLength 64KB
    [pscustomobject]@{ Folder = $Folder; File = $file; Torrent = $torrent.FullName; Name = $Name }
}

function New-TestPatron {
    # A patron with an engine and a state folder of its own.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([string] $Name, [string] $StatePath)

    New-TorrentPatron -Name $Name -BindAddress 127.0.0.1 -StatePath $StatePath -StatusInterval 0.2
}

function Start-TestSeed {
    # Seeds what New-TestContent made; gives the peer to fetch it from.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param($Content, [string] $StatePath)

    $seeder = New-TestPatron -Name "seeder-$($Content.Name)" -StatePath $StatePath
    $null = Start-Torrent -LiteralPath $Content.Torrent -Destination $Content.Folder -Patron $seeder -Timeout 30 -ErrorAction Stop
    "127.0.0.1:$($seeder.Port)"
}

function Wait-TestCondition {
    # Until something is so, or 30 seconds are over.
    param([scriptblock] $Condition)

    $clock = [Diagnostics.Stopwatch]::StartNew()
    while ($clock.Elapsed.TotalSeconds -lt 30) {
        if (& $Condition) {
            return $true
        }
        Start-Sleep -Milliseconds 50
    }
    $false
}

function Test-SameContent {
    param([string] $Path, [string] $Other)

    (Get-FileHash -LiteralPath $Path).Hash -eq (Get-FileHash -LiteralPath $Other).Hash
}

function Get-WhatIfText {
    # What -WhatIf says to the person at the console.
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
    # The program and the first arguments that start this PowerShell again. The .NET tool's process is dotnet, and its own
    # pwsh is a parent that passes no signals on.
    $program = [Environment]::ProcessPath
    $program
    if ([IO.Path]::GetFileNameWithoutExtension($program) -eq 'dotnet') {
        Join-Path $PSHOME 'pwsh.dll'
    }
}

function Invoke-TestScript {
    # Runs a script in a process of its own, as cron does: with nobody to ask.
    param([string] $Folder, [string] $Script, [switch] $NoWait)

    $null = New-Item -ItemType Directory -Path $Folder -Force
    $file = Join-Path $Folder "$([guid]::NewGuid()).ps1"
    $Script | Set-Content $file
    $program, $first = Get-TestShell
    $arguments = @{
        FilePath               = $program
        ArgumentList           = @($first) + '-NoProfile', '-NonInteractive', '-File', $file | Where-Object { $_ } | ForEach-Object { "`"$_`"" }
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

function Start-TestListener {
    # An HTTP server of one thread, which is told how to answer.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([hashtable] $State, [scriptblock] $Answer)

    $socket = [Net.Sockets.TcpListener]::new([ipaddress]::Loopback, 0)
    $socket.Start()
    $port = $socket.LocalEndpoint.Port
    $socket.Stop()
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
    # A web site that gives the same for every address, but for /missing.
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
    # An HTTP tracker that knows one peer or nobody, or refuses in given words, and keeps the query of each announce.
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
