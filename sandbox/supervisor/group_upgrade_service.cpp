// The upgrade in place: one program after another is drained and born anew from the file that is on
// disk now.
//
// UpgradePlan says whose turn it is; here it is done. To be replaced is to be drained, and then not
// to be over: the sockets stay open, the descriptors parked with us stay, and the successor gets
// new ends of all edges, as after a crash. So whatever makes a crash harmless makes this harmless
// too, and the drain before it only makes it short. A successor that does not start meets the usual
// restart policy, and the upgrade ends with it. A stop has precedence: it takes who is just being
// replaced as one that is starting.

#include "common/base/log.h"
#include "common/base/text.h"
#include "sandbox/supervisor/group_service.h"

#include <sys/wait.h>

namespace evd::supervisor {

namespace {

using base::cat;

// Nobody is in a hurry, but whoever does not end by itself is replaced without its consent.
constexpr int64_t kReplacedDrainNs = 30 * base::kNsPerSecond;
constexpr int64_t kReplacedExitNs = 5 * base::kNsPerSecond;

}  // namespace

bool Group::upgrade() {
    if (!up_ || stopping_ || ending_ || failed_ || !upgrade_.begin(setup_.plan.start_order)) {
        return false;
    }
    tasks_.add(replaceNext());
    return true;
}

kj::Promise<void> Group::replaceNext() {
    if (!upgrade_.isUnderWay()) {
        return kj::READY_NOW;
    }
    Member& member = *find(upgrade_.current().program);
    return whenRunning(member).then([this, &member]() -> kj::Promise<void> {
        if (!upgrade_.wantsEnd(member.spec.program)) {
            return kj::READY_NOW;  // A stop came meanwhile.
        }
        if (member.state != ProcessState::Running || !member.child) {
            return replaceNext();  // It died before we looked.
        }
        return endForSuccessor(member, member.incarnations);
    });
}

kj::Promise<void> Group::endForSuccessor(Member& member, uint32_t incarnation) {
    base::logInfo(upgrade_.describe());
    setState(member, ProcessState::Draining);
    member.is_replaced = true;
    auto late = after(kReplacedDrainNs).then([]() -> kj::Promise<void> {
        return ipc::toException(base::fail(base::ErrorKind::Busy, "it took too long"));
    });
    return member.child->drain(/*has_successor=*/true)
        .exclusiveJoin(kj::mv(late))
        .then(
            [this, &member, incarnation]() -> kj::Promise<void> {
                if (!member.child || member.incarnations != incarnation) {
                    return kj::READY_NOW;  // It died with the answer on its lips.
                }
                member.drained = true;
                member.child = nullptr;  // On the closed connection it ends.
                return after(kReplacedExitNs).then([this, &member, incarnation]() {
                    if (member.incarnations == incarnation) {
                        kill(member);
                    }
                });
            },
            [this, &member, incarnation](kj::Exception&& exception) -> kj::Promise<void> {
                if (member.incarnations == incarnation) {
                    member.crashes.blame(cat("did not drain (", ipc::toError(exception).text, ")"));
                    kill(member);
                }
                return kj::READY_NOW;
            });
}

void Group::onReplaced(Member& member, int wait_status) {
    member.drained = false;
    member.is_replaced = false;
    const bool is_clean = WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
    member.last_exit = is_clean ? "ended for its successor" : "ended badly for its successor";
    setState(member, ProcessState::Starting);
    upgrade_.onEnded(member.spec.program);
    launch(member);
}

// A program serves; when it was the one that the upgrade waited for, the next one follows.
void Group::continueUpgrade(Member& member) {
    if (!upgrade_.onRunning(member.spec.program)) {
        return;
    }
    if (upgrade_.isUnderWay()) {
        tasks_.add(replaceNext());
    } else {
        base::logInfo(upgrade_.describe());
    }
}

// After a death: when it was that of a successor, the upgrade ends here.
void Group::judgeUpgrade(Member& member, const std::string& how) {
    const bool was_under_way = upgrade_.isUnderWay();
    upgrade_.onDeath(member.spec.program, how);
    if (was_under_way && !upgrade_.isUnderWay()) {
        base::logError(upgrade_.describe());
    }
}

}  // namespace evd::supervisor
