using TorrentPatron.Engine.Hosting;

namespace TorrentPatron.Engine.Tests.Hosting;

/// <summary>The tree behind the queue, against a sorted list.</summary>
public sealed class QueueOrderTests
{
    [Fact]
    public void Random_changes_leave_the_order_that_a_sorted_list_has()
    {
        var random = new Random(1);
        var order = new QueueOrder();
        var list = new List<QueuePlace>();
        for (int step = 0; step < 3_000; step++)
        {
            if (list.Count == 0 || random.Next(5) < 3)
            {
                // Few keys, so that many are equal: those stay in the order in which they came.
                var place = new QueuePlace(owner: null) { Key = random.Next(200) };
                order.Add(place);
                list.Insert(list.Count(other => other.Key <= place.Key), place);
            }
            else if (random.Next(2) == 0)
            {
                QueuePlace gone = list[random.Next(list.Count)];
                order.Remove(gone);
                list.Remove(gone);
            }
            else
            {
                QueuePlace place = list[random.Next(list.Count)];
                (place.Role, place.MayRun, place.IsIdle) = ((QueueRole)random.Next(3), random.Next(2) == 0, random.Next(4) == 0);
                order.Recount(place);
            }

            Assert.Equal(list.Count, order.Counts.All);
            if (step % 50 != 0)
                continue;
            for (int i = 0; i < list.Count; i++)
            {
                Assert.Same(list[i], order.At(i + 1));
                Assert.Equal(i + 1, order.PositionOf(list[i]));
                Assert.Same(list.ElementAtOrDefault(i + 1), order.After(list[i]));
            }

            foreach (QueueRole role in (QueueRole[])[QueueRole.Download, QueueRole.Seed])
            {
                Assert.Same(list.Find(place => place.Role == role && !place.MayRun), order.FirstWaiting(role));
                Assert.Same(list.FindLast(place => place.Role == role && place is { MayRun: true, IsIdle: false }), order.LastRunning(role));
                Assert.Equal(list.Count(place => place.Role == role && place is { MayRun: true, IsIdle: false }), order.Counts.Running(role));
            }
        }
    }

    [Fact]
    public void The_tree_stays_flat_when_torrents_come_in_order()
    {
        var order = new QueueOrder();
        var places = new QueuePlace[100_000];
        for (int i = 0; i < places.Length; i++)
            order.Add(places[i] = new QueuePlace(owner: null) { Key = i });

        // A random tree of 100,000 nodes is about 40 deep.
        Assert.InRange(Depth(places.Single(place => place.Counts.All == places.Length)), 17, 80);

        static int Depth(QueuePlace? place) => place is null ? 0 : Math.Max(Depth(place.Left), Depth(place.Right)) + 1;
    }
}
