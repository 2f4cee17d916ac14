@{
    NestedModules          = @('module/TorrentPatron/TorrentPatron.psd1') # the build's copy of this, with the assembly as its root module
    ModuleVersion          = '0.1.0'
    GUID                   = '7d0f5a0c-6f2b-4d0e-9d53-2b6d3f1c8e47'
    Author                 = 'The TorrentPatron founders'
    CompanyName            = 'TorrentPatron'
    Copyright              = '(c) 2026 The TorrentPatron founders. MIT licence.'
    Description            = 'BitTorrent for PowerShell: start, watch, verify and seed torrents from scripts and scheduled tasks.'
    PowerShellVersion      = '7.6'
    CompatiblePSEditions   = @('Core')
    FormatsToProcess       = @('module/TorrentPatron/TorrentPatron.Format.ps1xml')
    TypesToProcess         = @('module/TorrentPatron/TorrentPatron.Types.ps1xml')
    RequiredAssemblies     = @('module/TorrentPatron/TorrentPatron.PowerShell.dll') # the types' added properties are code
    FunctionsToExport      = @()
    AliasesToExport        = @()
    VariablesToExport      = @()
    CmdletsToExport        = @(
        'Add-TorrentPeer'
        'Add-TorrentTracker'
        'Add-TorrentWebSeed'
        'Connect-TorrentPatron'
        'ConvertTo-MagnetLink'
        'Disconnect-TorrentPatron'
        'Export-TorrentFile'
        'Get-TorrentFile'
        'Get-TorrentHook'
        'Get-TorrentInfo'
        'Get-TorrentPatron'
        'Get-TorrentPeer'
        'Get-TorrentService'
        'Get-TorrentStatus'
        'Get-TorrentTracker'
        'Get-TorrentUpdate'
        'Get-TorrentWebSeed'
        'Install-TorrentService'
        'New-TorrentFile'
        'New-TorrentPatron'
        'Receive-TorrentMessage'
        'Register-TorrentEvent'
        'Register-TorrentHook'
        'Remove-Torrent'
        'Remove-TorrentTracker'
        'Remove-TorrentWebSeed'
        'Restart-TorrentService'
        'Restore-Torrent'
        'Resume-Torrent'
        'Save-TorrentMetadata'
        'Set-Torrent'
        'Set-TorrentFile'
        'Set-TorrentPatron'
        'Start-Torrent'
        'Start-TorrentService'
        'Stop-Torrent'
        'Stop-TorrentPatron'
        'Stop-TorrentService'
        'Suspend-Torrent'
        'Test-Torrent'
        'Uninstall-TorrentService'
        'Unregister-TorrentHook'
        'Update-TorrentTracker'
        'Wait-Torrent'
        'Watch-Torrent'
    )
    PrivateData            = @{
        PSData = @{
            Tags       = @('BitTorrent', 'torrent', 'download', 'P2P', 'PSEdition_Core', 'Windows', 'Linux', 'MacOS')
            LicenseUri = 'https://opensource.org/licenses/MIT'
        }
    }
}
