using TorrentPatron.Help;

// Writes the module's help file from the pages in docs/en-US.
string root = args is [string given] ? given : Directory.GetCurrentDirectory();
File.WriteAllText(HelpFile.PathIn(root), HelpFile.Make(root));
