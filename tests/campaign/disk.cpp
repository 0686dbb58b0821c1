// The stores of a real group on a disk that fails: EIO, ENOSPC, EROFS, half-written blocks, failed
// fsyncs and reads, for a while and often, by meddler.cpp in the store's process; and, where a
// tmpfs can be mounted, a file system that is really full. Now and then the store dies in the
// middle of it and its successor finds the trouble. The rings and the windows of collector and
// ingest hold what comes meanwhile, so nothing of events may be lost, and of lines and samples
// nothing while nobody dies but the store.
//
// A file system that is remounted read-only behind open files is EROFS from the next call on; the
// remount itself the kernel refuses while a file is open for writing, so it cannot be had by
// mount(2).

#include "tests/campaign/campaign.h"
#include "tests/campaign/loaded_group.h"
#include "tests/campaign/meddled_group.h"
#include "tests/support/small_disk.h"
#include "tests/support/wait_until.h"

#include <array>
#include <csignal>

namespace evd::test {

namespace {

constexpr uint64_t kKillOneIn = 8;
// Ten deaths within a minute end the group, and up to five starts fail behind each of these, for as
// long as the trouble lasts.
constexpr int64_t kKillEveryMs = 60'000;
constexpr int64_t kStoredAgainMs = 20'000;
constexpr uint64_t kDiskMebibytes = 48;
constexpr uint64_t kSecondsPerMebibyte = 4;  // about twice what the load leaves

constexpr std::array kFaults = {DiskFault::WriteError, DiskFault::DiskFull,  DiskFault::ShortWrite,
                                DiskFault::ReadOnly,   DiskFault::SyncError, DiskFault::ReadError};

// One spell of trouble, and what it leaves in the findings.
class Trouble {
  public:
    Trouble(Course& course, Findings& findings, LoadedGroup& loaded, MeddlingPage& meddling,
            const SmallDisk& disk)
        : course_(course), findings_(findings), loaded_(loaded), meddling_(meddling), disk_(disk) {}

    void strike() {
        if (disk_.isMounted() && course_.oneIn(kFaults.size() + 1)) {
            disk_.fill();
            findings_.injected("full tmpfs");
            wait();
            findings_.expect(disk_.free(), "a full disk can be freed", "the ballast was gone");
            return;
        }
        const DiskFault fault = kFaults[course_.below(kFaults.size())];
        const uint64_t before = meddling_.hits(fault);
        // Everything fails, or one operation among many: then a commit gets some way.
        meddling_.page().one_in =
            static_cast<uint32_t>(course_.oneIn(3) ? 1 : course_.between(2, 30));
        meddling_.page().disk_fault = fault;
        wait();
        meddling_.page().disk_fault = DiskFault::None;
        findings_.injected(diskFaultName(fault), meddling_.hits(fault) - before);
    }

  private:
    void wait() {
        pauseMs(static_cast<int>(course_.between(50, 1500)));
        const int64_t now_ms = clock_.monotonicNs() / base::kNsPerMs;
        if (course_.oneIn(kKillOneIn) && now_ms - killed_ms_ > kKillEveryMs) {
            const pid_t store = loaded_.group().childPid("eventd-store");
            if (store > 0 && ::kill(store, SIGKILL) == 0) {
                killed_ms_ = now_ms;
                findings_.injected("death of the store meanwhile");
                pauseMs(static_cast<int>(course_.between(50, 800)));
            }
        }
    }

    Course& course_;
    Findings& findings_;
    LoadedGroup& loaded_;
    MeddlingPage& meddling_;
    const SmallDisk& disk_;
    const base::SystemClock clock_;
    int64_t killed_ms_ = 0;
};

}  // namespace

void diskCampaign(Course& course, Findings& findings) {
    LoadedGroup loaded(smallGroup(), course.seed());
    MeddlingPage meddling(loaded.state());
    meddling.addTo(loaded.options());
    const SmallDisk disk(
        loaded.state().below("events"),
        kDiskMebibytes + static_cast<uint64_t>(course.seconds()) / kSecondsPerMebibyte);
    meddling.setDevice(0, loaded.state().path());
    meddling.setDevice(1, loaded.state().below("events"));
    if (!loaded.start(findings)) {
        return;
    }
    meddling.expectMapped(loaded.group().children().size(), findings);
    Trouble trouble(course, findings, loaded, meddling, disk);
    while (course.goesOn()) {
        trouble.strike();
        pauseMs(static_cast<int>(course.between(100, 1000)));
        if (!loaded.isAlive(findings) ||
            (course.oneIn(4) && !loaded.waitStored(findings, kStoredAgainMs))) {
            return;
        }
    }
    loaded.waitServing(findings, kStoredAgainMs);
    loaded.waitStored(findings, kStoredAgainMs);
    loaded.finish(findings, {});
}

}  // namespace evd::test
