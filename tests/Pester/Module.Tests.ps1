BeforeDiscovery {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
}

Describe 'The module' {
    It 'exports the cmdlets of its manifest and nothing else' {
        $manifest = Import-PowerShellDataFile (Get-TestModulePath)
        (Get-Command -Module TorrentPatron).Name | Sort-Object | Should -Be ($manifest.CmdletsToExport | Sort-Object)
    }

    It 'has a valid manifest' {
        (Test-ModuleManifest (Get-TestModulePath)).Name | Should -Be 'TorrentPatron'
    }

    It 'can be imported by the manifest of the clone too' -Skip:([bool] $env:TORRENTPATRON_MODULE) {
        $manifest = Resolve-Path (Join-Path $PSScriptRoot '../../TorrentPatron.psd1')
        $run = Invoke-TestScript (Join-Path $TestDrive 'clone') @"
`$ErrorActionPreference = 'Stop'
(Test-ModuleManifest '$manifest').Version -eq (Test-ModuleManifest '$(Get-TestModulePath)').Version
Import-Module '$manifest'
Import-Module '$manifest' -Force
(Get-Command Start-Torrent).ImplementingType.Assembly.Location
(Get-Command -Module TorrentPatron).Count
(Get-Help Start-Torrent).Synopsis
(Get-Help about_TorrentPatron).Length -gt 0
"@
        $run.Error | Should -BeNullOrEmpty
        $run.Output[0] | Should -Be 'True'
        $run.Output[1] | Should -Be (Join-Path (Split-Path (Get-TestModulePath)) 'TorrentPatron.PowerShell.dll')
        $run.Output[2] | Should -Be (Get-Command -Module TorrentPatron).Count
        $run.Output[3] | Should -BeLike 'Starts torrents*'
        $run.Output[4] | Should -Be 'True'
    }

    It 'has help for <_>' -ForEach (Get-Command -Module TorrentPatron -CommandType Cmdlet).Name {
        $help = Get-Help $_ -Full
        $help.Synopsis | Should -Not -BeLike "$_ *``[*"
        $help.Description.Text | Should -Not -BeNullOrEmpty
        @($help.examples.example).Count | Should -BeGreaterOrEqual 2
        $help.examples.example.code | ForEach-Object {
            $faults = $null
            $null = [Management.Automation.Language.Parser]::ParseInput($_, [ref] $null, [ref] $faults)
            $faults | Should -BeNullOrEmpty
        }
    }

    It 'has the topic <Topic>' -ForEach @(
        @{ Topic = 'about_TorrentPatron'; Section = 'SAVED STATE' }
        @{ Topic = 'about_TorrentPatron_Automation'; Section = 'EXIT CODES' }
        @{ Topic = 'about_TorrentPatron_Events'; Section = 'IN AN ACTION' }
    ) {
        Get-Help $Topic | Out-String | Should -BeLike "*$Section*"
    }

    It 'has help with its actual parameters, aliases and wildcards' {
        $help = Get-Help Start-Torrent -Parameter LiteralPath
        $help.aliases | Should -Be 'PSPath, FullName'
        (Get-Help Get-TorrentStatus -Parameter Name).globbing | Should -Be 'true'
        (Get-Help Wait-Torrent | Out-String -Width 120) | Should -BeLike '*-Until {Metadata | Completed | SeedGoal | Stopped}*'
    }

    It 'shows statuses, contents and patrons within 80 columns' {
        $patron = New-TestPatron -Name 'a patron with a long name, as it happens' -StatePath (Join-Path $TestDrive 'state')
        $content = New-TestContent -Folder $TestDrive -Name "$('long name ' * 12).bin" -Size 10KB
        $status = Start-Torrent -LiteralPath $content.Torrent -Destination (Join-Path $TestDrive 'files') -Patron $patron
        try {
            foreach ($shown in $status, (Get-TorrentInfo -LiteralPath $content.Torrent), $patron) {
                foreach ($text in ($shown | Format-Table | Out-String -Width 80), ($shown | Format-List | Out-String -Width 80)) {
                    $lines = $text -split '\r?\n'
                    ($lines | Measure-Object Length -Maximum).Maximum | Should -BeLessOrEqual 80
                    $text | Should -BeLike '*long name*'
                }
            }
            ($status | Out-String -Width 80) | Should -Match 'State\s+%\s+Down/s\s+Up/s\s+ETA\s+Peers\s+Name'
        } finally {
            $patron | Stop-TorrentPatron
        }
    }
}

Describe 'The package' {
    BeforeAll {
        # Runs a script as a user whose home is below the folder, with PowerShell's own module path.
        function Invoke-Newcomer {
            param([string] $Folder, [string] $Script)

            # Without these two .NET finds no folder for settings, and NuGet would write to the current folder.
            $null = New-Item -ItemType Directory -Path "$Folder/home/.config", "$Folder/home/.local/share" -Force
            $before = $env:HOME, $env:XDG_DATA_HOME, $env:XDG_CONFIG_HOME, $env:XDG_CACHE_HOME, $env:PSModulePath
            $env:HOME = "$Folder/home"
            $env:XDG_DATA_HOME = $null
            $env:XDG_CONFIG_HOME = $null
            $env:XDG_CACHE_HOME = "$Folder/home/cache"
            $env:PSModulePath = ''
            try {
                Invoke-TestScript $Folder $Script
            } finally {
                $env:HOME, $env:XDG_DATA_HOME, $env:XDG_CONFIG_HOME, $env:XDG_CACHE_HOME, $env:PSModulePath = $before
            }
        }
    }

    # Windows installs to the user's documents: tests/Windows/Install-Package.ps1 tests it under Wine.
    It 'is published to a folder and installed from it, with its files and no others' -Skip:(
        -not (Get-Command Publish-PSResource -ErrorAction Ignore) -or $IsWindows) {
        $here = Join-Path $TestDrive 'gallery'
        $null = New-Item -ItemType Directory -Path "$here/feed"
        $run = Invoke-Newcomer $here @"
`$ErrorActionPreference = 'Stop'
Register-PSResourceRepository -Name feed -Uri '$here/feed' -Trusted
Publish-PSResource -Path '$(Split-Path (Get-TestModulePath))' -Repository feed
Install-PSResource TorrentPatron -Repository feed -Scope CurrentUser
`$module = Import-Module TorrentPatron -PassThru
`$module.ExportedCmdlets.Count
`$module.ModuleBase
(Get-Help Start-Torrent).Synopsis
"@

        $run.Error | Should -BeNullOrEmpty
        Get-ChildItem $here -Directory | ForEach-Object Name | Should -Be 'feed', 'home'
        $run.Output[0] | Should -Be (Get-Command -Module TorrentPatron).Count
        $run.Output[1] | Should -BeLike "$here/home/*"
        $run.Output[2] | Should -BeLike 'Starts torrents*'
        $files = (Get-ChildItem $run.Output[1] -Recurse -File -Exclude PSGetModuleInfo.xml).FullName.Substring($run.Output[1].Length + 1)
        $files | Should -Not -BeNullOrEmpty
        # Another engine exists only if it was built.
        $files | Where-Object {
            $_ -notmatch '^engines/\w+/[\w.]+\.(dll|deps\.json)$' -and $_ -notmatch '^(LICENSE|TorrentPatron\.\w+\.(dll|ps1xml)|TorrentPatron\.psd1|en-US/(about_TorrentPatron\w*\.help\.txt|TorrentPatron\.PowerShell\.dll-Help\.xml))$'
        } | Should -BeNullOrEmpty
    }

    It 'is found by sessions, jobs and ForEach-Object -Parallel where README says to copy it' -Skip:($IsWindows -or $env:TORRENTPATRON_MODULE) {
        $here = Join-Path $TestDrive 'copied'
        $readme = Get-Content (Join-Path $PSScriptRoot '../../README.md') -Raw
        $install = [regex]::Match($readme, '(?s)```powershell\n(\$modules = .*?)\n```').Groups[1].Value
        $install | Should -Not -BeNullOrEmpty

        $first = Invoke-Newcomer $here @"
`$ErrorActionPreference = 'Stop'
Set-Location '$(Join-Path (Get-TestModulePath) '../../..')'
$install
$install
"@
        $first.Error | Should -BeNullOrEmpty
        $then = Invoke-Newcomer $here @"
`$ErrorActionPreference = 'Stop'
'session ' + (Get-Command Start-Torrent).Module.ModuleBase
1..3 | ForEach-Object -Parallel { 'parallel ' + @(Get-TorrentPatron).Count + (Get-Module TorrentPatron).ModuleBase }
Start-ThreadJob { 'thread ' + @(Get-TorrentPatron).Count + (Get-Module TorrentPatron).ModuleBase } | Receive-Job -Wait
Start-Job { 'job ' + @(Get-TorrentPatron).Count + (Get-Module TorrentPatron).ModuleBase } | Receive-Job -Wait
"@
        $then.Error | Should -BeNullOrEmpty
        $module = "$here/home/.local/share/powershell/Modules/TorrentPatron"
        $then.Output | Should -Be "session $module", "parallel 0$module", "parallel 0$module", "parallel 0$module", "thread 0$module", "job 0$module"
    }
}

Describe 'The scripts' {
    It 'have no findings of PSScriptAnalyzer' -Skip:(-not (Get-Module PSScriptAnalyzer -ListAvailable)) {
        $root = Join-Path $PSScriptRoot '../..' | Resolve-Path
        $files = @(Get-ChildItem $root -File | Where-Object Extension -in '.ps1', '.psm1') +
        @(Get-ChildItem $PSScriptRoot -File | Where-Object Extension -in '.ps1', '.psm1') +
        (Get-Item (Get-TestModulePath), (Join-Path $root 'PSScriptAnalyzerSettings.psd1'))
        $findings = $files | ForEach-Object { Invoke-ScriptAnalyzer -Path $_ -Settings (Join-Path $root 'PSScriptAnalyzerSettings.psd1') }
        $findings | ForEach-Object { '{0} {1}:{2} {3}' -f $_.RuleName, $_.ScriptName, $_.Line, $_.Message } | Should -BeNullOrEmpty
    }
}
