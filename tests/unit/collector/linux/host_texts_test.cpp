#include "collector/linux/host_texts.h"

#include "common/base/text.h"

#include <doctest/doctest.h>

namespace evd::collector {
namespace {

// Captured on a machine with two processors; the line of interrupts is shortened.
constexpr std::string_view kStat =
    "cpu  918125 321782 247950 933146 6443 0 2319 586 0 0\n"
    "cpu0 452999 166581 117669 475775 1909 0 168 294 0 0\n"
    "cpu1 465126 155200 130281 457370 4533 0 2151 291 0 0\n"
    "intr 11089261 0 0 0 1 14\n"
    "ctxt 21212313\n"
    "btime 1795146175\n"
    "processes 401834\n"
    "procs_running 3\n"
    "procs_blocked 1\n"
    "softirq 5017362 0 1\n";

TEST_CASE("host stat: times of each core, and the counters of the machine") {
    const HostStat stat = parseHostStat(kStat);
    REQUIRE(stat.cores.size() == 2);
    CHECK(stat.cores[1].core == 1);
    CHECK(stat.cores[1].ticks ==
          std::array<uint64_t, 8>{465126, 155200, 130281, 457370, 4533, 0, 2151, 291});
    CHECK(stat.context_switches == 21'212'313U);
    CHECK(stat.interrupts == 11'089'261U);
    CHECK(stat.forks == 401'834U);
    CHECK(stat.running == 3U);
    CHECK(stat.blocked == 1U);
}

TEST_CASE("host stat: what is cut or malformed is absent, the rest is there") {
    const HostStat cut = parseHostStat("cpu0 1 2 3 4 5 6 7 8 9 10\ncpu1 1 2 3\nctxt 12");
    CHECK(cut.cores.size() == 1);
    CHECK_FALSE(cut.context_switches.has_value());  // perhaps 123
    CHECK(parseHostStat("cpux 1 2 3 4 5 6 7 8\ncpu0 1 2 3 4 5 -6 7 8\n").cores.empty());
    CHECK(parseHostStat("").cores.empty());
}

TEST_CASE("host stat: up to the limit every core counts, above it none") {
    std::string text;
    for (size_t core = 0; core < kCoresMax + 2; ++core) {
        text += base::cat("cpu", core, " 1 2 3 4 5 6 7 8\n");
    }
    CHECK(parseHostStat(text).cores.size() == kCoresMax);
}

TEST_CASE("named numbers: kilobytes become bytes, other numbers stay") {
    const auto numbers = parseNamedNumbers(
        "MemTotal:       49368368 kB\nHugePages_Total:       0\npswpin 7\n"
        "Weird: x kB\nHuge: 18446744073709551615 kB\nlast 1");
    REQUIRE(numbers.size() == 3);
    CHECK(numbers[0].name == "MemTotal");
    CHECK(numbers[0].number == 49'368'368ULL * 1024);
    CHECK(numbers[1].name == "HugePages_Total");
    CHECK(numbers[2].number == 7);
}

TEST_CASE("disk stats: whole disks that were used, no partitions, loops or memory") {
    const auto disks = parseDiskStats(
        "   7       0 loop0 5 0 10 1 0 0 0 0 0 1 1 0 0 0 0 0 0\n"
        " 254       0 vda 29711 12 2407858 9406 108334 1 7243456 96217 2 41096 105624 0 0 0 0 9 1\n"
        " 254       1 vda1 29000 0 2400000 9400 108000 0 7240000 96000 0 41000 105000\n"
        " 259       0 nvme0n1 1 0 8 1 0 0 0 0 0 1 1\n"
        " 259       1 nvme0n1p1 1 0 8 1 0 0 0 0 0 1 1\n"
        " 254      16 vdb 0 0 0 0 0 0 0 0 0 0 0\n"
        " 254      17 vdb1 1 0 8 1 0 0 0 0 0 1 1\n"
        " 253       0 dm-0 1 0 8 1 0 0 0 0 0 1 1\n"
        " 253       1 dm-01 1 0 8 1 0 0 0 0 0 1 1\n"
        "   8       0 sda 1 2\n");
    REQUIRE(disks.size() == 4);
    CHECK(disks[0].name == "vda");
    CHECK(disks[0].reads == 29'711);
    CHECK(disks[0].sectors_read == 2'407'858);
    CHECK(disks[0].read_ms == 9'406);
    CHECK(disks[0].writes == 108'334);
    CHECK(disks[0].sectors_written == 7'243'456);
    CHECK(disks[0].write_ms == 96'217);
    CHECK(disks[0].in_flight == 2);
    CHECK(disks[0].busy_ms == 41'096);
    CHECK(disks[1].name == "nvme0n1");
    CHECK(disks[2].name == "dm-0");
    CHECK(disks[3].name == "dm-01");  // a number of its own, no partition
}

TEST_CASE("net dev: what each interface received and sent, whatever its name") {
    const auto interfaces = parseNetDev(
        "Inter-|   Receive                                                |  Transmit\n"
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets\n"
        "    lo:    6534      58    0    0    0     0          0         0     6534      58"
        "    0    0    0     0       0          0\n"
        "  eth0:27756070     770    1    2    0     0          0         0    41143     464"
        "    3    4    0     0       0          0\n"
        "eth0:1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
        "short: 1 2 3\n");
    REQUIRE(interfaces.size() == 3);
    CHECK(interfaces[0].name == "lo");
    CHECK(interfaces[1].received.bytes == 27'756'070);
    CHECK(interfaces[1].received.packets == 770);
    CHECK(interfaces[1].received.errors == 1);
    CHECK(interfaces[1].received.dropped == 2);
    CHECK(interfaces[1].sent.bytes == 41'143);
    CHECK(interfaces[1].sent.dropped == 4);
    CHECK(interfaces[2].name == "eth0:1");
}

TEST_CASE("load average: three averages and the number of threads") {
    const auto load = parseLoadAverage("0.82 1.79 12.07 2/345 401834\n");
    REQUIRE(load.has_value());
    CHECK(load->minutes_1 == 0.82);
    CHECK(load->minutes_15 == 12.07);
    CHECK(load->threads == 345U);
    CHECK_FALSE(parseLoadAverage("0.82 nan 1\n").has_value());
    CHECK_FALSE(parseLoadAverage("0.82 -1 1\n").has_value());
    CHECK_FALSE(parseLoadAverage("").has_value());
    CHECK_FALSE(parseLoadAverage("1 2 3 4\n")->threads.has_value());
}

TEST_CASE("pressure: some and full, the share of ten seconds and the total") {
    const auto lines = parsePressure(
        "some avg10=34.36 avg60=20.31 avg300=12.25 total=4985620082\n"
        "full avg10=0.00 avg60=0.00 avg300=0.00 total=12\n");
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].kind == "some");
    CHECK(lines[0].percent_10s == 34.36);
    CHECK(lines[0].total_us == 4'985'620'082);
    CHECK(lines[1].kind == "full");
    CHECK(parsePressure("none avg10=1 avg60=1 avg300=1 total=1\n").empty());
    CHECK(parsePressure("some avg10= avg60=1 avg300=1 total=1\n").empty());
    CHECK(parsePressure("some avg10=inf avg60=1 avg300=1 total=1\n").empty());
}

TEST_CASE("uptime: seconds since boot") {
    CHECK(parseUptime("12124.55 23210.11\n") == 12124.55);
    CHECK_FALSE(parseUptime("\n").has_value());
}

TEST_CASE("mounts: local data, each source once, and nothing that may not answer") {
    const auto mounts = parseMounts(
        "/dev/vda / ext4 rw,relatime 0 0\n"
        "/dev/vda /mnt/again ext4 rw 0 0\n"
        "tmpfs /dev/shm tmpfs rw 0 0\n"
        "tmpfs /run tmpfs rw 0 0\n"
        "tmpfs /run tmpfs rw 0 0\n"
        "proc /proc proc rw 0 0\n"
        "server:/export /net nfs4 rw 0 0\n"
        "//server/share /share cifs rw 0 0\n"
        "/dev/sdb1 /media/ntfs fuseblk rw 0 0\n"
        "/dev/loop3 /snap/core squashfs ro 0 0\n"
        "/dev/sdc1 /media/a\\040b\\134c vfat rw 0 0\n"
        "broken\n");
    REQUIRE(mounts.size() == 4);
    CHECK(mounts[0].path == "/");
    CHECK(mounts[1].path == "/dev/shm");
    CHECK(mounts[2].path == "/run");
    CHECK(mounts[3].path == "/media/a b\\c");
    CHECK(mounts[3].source == "/dev/sdc1");
}

}  // namespace
}  // namespace evd::collector
