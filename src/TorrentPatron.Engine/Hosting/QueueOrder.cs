namespace TorrentPatron.Engine.Hosting;

/// <summary>
/// Places in the order of their keys. A balanced tree (a treap) whose nodes count what is below them, so that a position, and the
/// first or last place of a kind, are found in O(log n). Not thread-safe.
/// </summary>
internal sealed class QueueOrder
{
    private QueuePlace? _root;
    private long _ordinals;

    /// <summary>The numbers of all torrents.</summary>
    public QueueCounts Counts => _root?.Counts ?? default;

    /// <summary>Adds a place. One with the key of another comes after it.</summary>
    public void Add(QueuePlace place)
    {
        place.Ordinal = ++_ordinals;
        (place.Left, place.Right) = (null, null);
        Refresh(place);
        _root = Insert(_root, place);
    }

    /// <summary>Removes a place.</summary>
    public void Remove(QueuePlace place) => _root = Without(_root, place);

    /// <summary>Counts a place again, after a change of anything but its key.</summary>
    public void Recount(QueuePlace place) => Recount(_root!, place);

    /// <summary>The position of a place; the first one is 1.</summary>
    public int PositionOf(QueuePlace place)
    {
        int before = 0;
        QueuePlace node = _root!;
        while (node != place)
        {
            if (place.IsBefore(node))
            {
                node = node.Left!;
            }
            else
            {
                before += CountsOf(node.Left).All + 1;
                node = node.Right!;
            }
        }

        return before + CountsOf(node.Left).All + 1;
    }

    /// <summary>The place at a position.</summary>
    /// <param name="position">1 for the first, at most the number of places.</param>
    public QueuePlace At(int position)
    {
        QueuePlace node = _root!;
        while (true)
        {
            int own = CountsOf(node.Left).All + 1;
            if (position == own)
                return node;
            if (position < own)
                node = node.Left!;
            else
                (node, position) = (node.Right!, position - own);
        }
    }

    /// <summary>The place after another one; null for the last.</summary>
    public QueuePlace? After(QueuePlace place)
    {
        QueuePlace? next = null;
        for (QueuePlace? node = _root; node is not null;)
            (next, node) = place.IsBefore(node) ? (node, node.Left) : (next, node.Right);
        return next;
    }

    /// <summary>The first place that waits in a role; null if none does.</summary>
    public QueuePlace? FirstWaiting(QueueRole role)
    {
        QueuePlace? node = _root;
        while (node is not null && node.Counts.Waiting(role) > 0)
        {
            if (CountsOf(node.Left).Waiting(role) > 0)
                node = node.Left;
            else if (node.Own.Waiting(role) > 0)
                return node;
            else
                node = node.Right;
        }

        return null;
    }

    /// <summary>The last place in a role that runs and counts towards the limit; null if none does.</summary>
    public QueuePlace? LastRunning(QueueRole role)
    {
        QueuePlace? node = _root;
        while (node is not null && node.Counts.Running(role) > 0)
        {
            if (CountsOf(node.Right).Running(role) > 0)
                node = node.Right;
            else if (node.Own.Running(role) > 0)
                return node;
            else
                node = node.Left;
        }

        return null;
    }

    private static QueueCounts CountsOf(QueuePlace? tree) => tree?.Counts ?? default;

    private static QueuePlace Refresh(QueuePlace node)
    {
        node.Counts = CountsOf(node.Left) + node.Own + CountsOf(node.Right);
        return node;
    }

    private static QueuePlace Insert(QueuePlace? tree, QueuePlace place)
    {
        if (tree is null)
            return place;
        if (place.Priority > tree.Priority)
            (place.Left, place.Right) = Split(tree, place);
        else if (place.IsBefore(tree))
            tree.Left = Insert(tree.Left, place);
        else
            tree.Right = Insert(tree.Right, place);
        return Refresh(place.Priority > tree.Priority ? place : tree);
    }

    /// <summary>Splits a tree into the places before and after one that is not in it.</summary>
    private static (QueuePlace? Before, QueuePlace? After) Split(QueuePlace? tree, QueuePlace place)
    {
        if (tree is null)
            return (null, null);
        if (tree.IsBefore(place))
        {
            (tree.Right, QueuePlace? after) = Split(tree.Right, place);
            return (Refresh(tree), after);
        }

        (QueuePlace? before, tree.Left) = Split(tree.Left, place);
        return (before, Refresh(tree));
    }

    private static QueuePlace? Without(QueuePlace? tree, QueuePlace place)
    {
        if (tree is null || tree == place)
            return Join(place.Left, place.Right);
        if (place.IsBefore(tree))
            tree.Left = Without(tree.Left, place);
        else
            tree.Right = Without(tree.Right, place);
        return Refresh(tree);
    }

    /// <summary>Joins two trees; every place of the first comes before every place of the second.</summary>
    private static QueuePlace? Join(QueuePlace? before, QueuePlace? after)
    {
        if (before is null || after is null)
            return before ?? after;
        if (before.Priority > after.Priority)
        {
            before.Right = Join(before.Right, after);
            return Refresh(before);
        }

        after.Left = Join(before, after.Left);
        return Refresh(after);
    }

    private static void Recount(QueuePlace node, QueuePlace place)
    {
        if (node != place)
            Recount(place.IsBefore(node) ? node.Left! : node.Right!, place);
        Refresh(node);
    }
}
