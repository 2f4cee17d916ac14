using System.Globalization;
using System.Runtime.InteropServices;
using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Remote.Endpoints;

/// <summary>Groups on Linux and macOS.</summary>
internal static class PosixGroups
{
    private const int FirstBuffer = 4096;
    private const int LargestBuffer = 4 << 20; // a group may have very many members
    private const int RangeError = 34;

    /// <summary>Finds a group.</summary>
    /// <param name="name">Its name or number.</param>
    /// <returns>The group; null if there is none.</returns>
    public static UserGroup? Find(string name)
    {
        for (int size = FirstBuffer; size <= LargestBuffer; size *= 4)
        {
            IntPtr buffer = Marshal.AllocHGlobal(size);
            try
            {
                int error = GetGroup(name, out Entry entry, buffer, size, out IntPtr found);
                if (error == RangeError)
                    continue;
                if (error == 0 && found != IntPtr.Zero)
                    return new UserGroup(name, entry.Id);
                break;
            }
            finally
            {
                Marshal.FreeHGlobal(buffer);
            }
        }

        return uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out uint id) && id != uint.MaxValue ? new UserGroup(name, id) : null;
    }

    /// <summary>Changes the group of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="group">The group's number.</param>
    /// <exception cref="IOException">Changing to that group is not permitted.</exception>
    public static void Give(string path, uint group)
    {
        if (PosixFiles.Repeat(() => ChangeOwner(path, uint.MaxValue, group)) != 0)
            throw new IOException(Marshal.GetLastPInvokeErrorMessage());
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Entry
    {
        public readonly IntPtr Name;
        public readonly IntPtr Password;
        public readonly uint Id;
        public readonly IntPtr Members;
    }

    [DllImport("libc", EntryPoint = "getgrnam_r", BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetGroup([MarshalAs(UnmanagedType.LPUTF8Str)] string name, out Entry entry, IntPtr buffer, nint size, out IntPtr found);

    [DllImport("libc", EntryPoint = "lchown", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ChangeOwner([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint user, uint group);
}
