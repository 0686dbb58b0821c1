// The ordered end: one program after the other is drained and let go, in the order of the plan.
//
// What dies meanwhile is started again and drained, because it may leave something undone; but for
// those who hold nothing, which are simply gone. kmesd is drained before the collector, so that the
// rings do not fill while they are emptied, and let go behind it: a collector that dies in its
// drain finds the rings through kmesd alone.

#include "common/base/log.h"
#include "common/base/text.h"
#include "sandbox/supervisor/group_service.h"

namespace evd::supervisor {

namespace {

using base::cat;

}  // namespace

kj::Promise<bool> Group::stop() {
    stopping_ = true;
    if (upgrade_.isUnderWay()) {
        upgrade_.cancel();
        base::logWarning(upgrade_.describe());
    }
    return drainFrom(0, true);
}

kj::Promise<bool> Group::drainFrom(size_t index, bool clean) {
    if (index == setup_.plan.drain_order.size()) {
        return clean;
    }
    Member* member = find(setup_.plan.drain_order[index]);
    if (member->incarnations == 0) {
        return drainFrom(index + 1, clean);  // The stop came before its start.
    }
    stop_diary_.begin(member->spec.name, clock_.monotonicNs());
    return drainMember(*member)
        .then([this, member, clean](bool drained) {
            (void)stop_diary_.end(member->spec.name, clock_.monotonicNs());
            return letWaitingGo(member->spec.program).then([clean, drained](bool gone) {
                return clean && drained && gone;
            });
        })
        .then([this, index](bool clean_until_here) {
            return drainFrom(index + 1, clean_until_here);
        });
}

kj::Promise<bool> Group::drainMember(Member& member) {
    if (member.given_up) {
        return false;
    }
    if (isDispensable(member)) {
        dispenseWith(member);
        return whenExited(member);
    }
    return whenRunning(member)
        .then([this, &member]() -> kj::Promise<bool> {
            if (!member.child || member.state != ProcessState::Running) {
                return drainMember(member);  // It died before we looked.
            }
            setState(member, ProcessState::Draining);
            return drainOnce(member, member.incarnations);
        })
        .catch_([&member](kj::Exception&& exception) -> kj::Promise<bool> {
            base::logError(cat(member.spec.name, " cannot be drained: ",
                               ipc::toError(exception).text, ", going on without"));
            return false;
        });
}

kj::Promise<bool> Group::drainOnce(Member& member, uint32_t incarnation) {
    return member.child->drain(/*has_successor=*/false)
        .then(
            [this, &member, incarnation]() -> kj::Promise<bool> {
                if (!member.child || member.incarnations != incarnation) {
                    return drainMember(member);  // It answered, and died before we looked.
                }
                member.drained = true;
                if (!member.spec.stays_for) {
                    return letGo(member);
                }
                broker_.closeSockets(member.spec.program);
                return true;
            },
            [this, &member, incarnation](kj::Exception&& exception) -> kj::Promise<bool> {
                base::logWarning(
                    cat(member.spec.name, " did not drain: ", ipc::toError(exception).text));
                if (member.incarnations == incarnation) {
                    kill(member);  // Its successor is drained, if it needs one.
                }
                return drainMember(member);
            });
}

kj::Promise<bool> Group::letGo(Member& member) {
    member.child = nullptr;  // On the closed connection it ends.
    return whenExited(member);
}

// Those who only stayed for the one that has ended now.
kj::Promise<bool> Group::letWaitingGo(Program ended) {
    for (auto& member : members_) {
        if (member->spec.stays_for == ended && member->drained) {
            return letGo(*member);
        }
    }
    return true;
}

kj::Promise<bool> Group::whenExited(Member& member) {
    if (member.state == ProcessState::Stopped) {
        return true;
    }
    auto pair = kj::newPromiseAndFulfiller<bool>();
    member.wait_exit.push_back(kj::mv(pair.fulfiller));
    return kj::mv(pair.promise);
}

// Dead, or not yet alive again, and nobody misses it.
bool Group::isDispensable(const Member& member) const {
    return stopping_ && member.spec.holds_nothing && member.state != ProcessState::Running &&
           member.state != ProcessState::Draining;
}

// It may be starting; then its end comes by itself.
void Group::dispenseWith(Member& member) {
    if (member.pid != nullptr) {
        kill(member);
        return;
    }
    broker_.closeSockets(member.spec.program);
    setState(member, ProcessState::Stopped);
    for (auto& waiting : member.wait_exit) {
        waiting->fulfill(kj::cp(true));
    }
    member.wait_exit.clear();
    for (auto& waiting : member.wait_running) {
        waiting->fulfill();  // They look what has become of it.
    }
    member.wait_running.clear();
}

}  // namespace evd::supervisor
