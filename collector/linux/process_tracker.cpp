#include "collector/linux/process_tracker.h"

#include <algorithm>

namespace evd::collector {

void ProcessTracker::handle(const ProcessEvent& event, std::vector<SensorEvent>& out) {
    switch (event.kind) {
        case ProcessEvent::Kind::Fork:
            onFork(event, out);
            return;
        case ProcessEvent::Kind::Exec:
            onExec(event, out);
            return;
        case ProcessEvent::Kind::Exit:
            onExit(event, out);
            return;
        case ProcessEvent::Kind::Uid:
            onUid(event, out);
            return;
        case ProcessEvent::Kind::Gid:
            known(event.pid).gid = event.effective_id;
            return;
        case ProcessEvent::Kind::Comm:
            onComm(event, out);
            return;
    }
}

void ProcessTracker::onFork(const ProcessEvent& event, std::vector<SensorEvent>& out) {
    ProcessInfo child = known(event.parent_pid);
    child.pid = event.pid;
    child.parent_pid = event.parent_pid;
    child.start_ticks.reset();
    if (const auto brief = reader_.readBrief(event.pid)) {
        child.start_ticks = brief->start_ticks;
    }
    add(out, kProcessFork, child, {});
    cache_.put(std::move(child));
}

void ProcessTracker::onExec(const ProcessEvent& event, std::vector<SensorEvent>& out) {
    auto info = reader_.read(event.pid);
    if (!info.has_value()) {
        // Ended already. What the cache has is the program before the exec; only its ids still
        // hold.
        const ProcessInfo& before = known(event.pid);
        info = ProcessInfo{};
        info->pid = event.pid;
        info->parent_pid = before.parent_pid;
        info->uid = before.uid;
        info->gid = before.gid;
        info->start_ticks = before.start_ticks;
    }
    add(out, kProcessExec, *info, {});
    cache_.put(*std::move(info));
}

void ProcessTracker::onExit(const ProcessEvent& event, std::vector<SensorEvent>& out) {
    ProcessChange change;
    change.wait_status = event.wait_status;
    add(out, kProcessExit, known(event.pid), change);
    (void)cache_.take(event.pid);
}

void ProcessTracker::onUid(const ProcessEvent& event, std::vector<SensorEvent>& out) {
    ProcessInfo& info = known(event.pid);
    if (info.uid == event.effective_id) {
        return;  // the real id changed, or it is the same again
    }
    ProcessChange change;
    change.old_uid = info.uid;
    change.new_uid = event.effective_id;
    info.uid = event.effective_id;
    add(out, kProcessUid, info, change);
}

void ProcessTracker::onComm(const ProcessEvent& event, std::vector<SensorEvent>& out) {
    ProcessInfo& info = known(event.pid);
    ProcessChange change;
    change.old_name = info.name;
    change.new_name = event.name;
    info.name = event.name;
    if (change.old_name != change.new_name) {
        add(out, kProcessComm, info, change);
    }
}

ProcessInfo& ProcessTracker::known(pid_t pid) {
    if (ProcessInfo* info = cache_.find(pid)) {
        return *info;
    }
    if (auto info = reader_.read(pid)) {
        cache_.put(*std::move(info));
        return *cache_.find(pid);
    }
    // Gone already. Not cached: nobody would tell us of its end again.
    unknown_ = ProcessInfo{};
    unknown_.pid = pid;
    return unknown_;
}

base::Result<void> ProcessTracker::scan(ScanMode mode, std::vector<SensorEvent>& out) {
    const auto listed = reader_.list();
    if (!listed.ok()) {
        return listed.error();
    }
    const std::vector<pid_t>& alive = listed.value();
    std::vector<pid_t> gone = cache_.pids();
    std::sort(gone.begin(), gone.end());
    for (const pid_t pid : gone) {
        if (!std::binary_search(alive.begin(), alive.end(), pid)) {
            ProcessChange change;
            change.is_reconstructed = true;
            const auto info = cache_.take(pid);
            if (mode == ScanMode::Tell) {
                add(out, kProcessExit, *info, change);
            }
        }
    }
    for (const pid_t pid : alive) {
        scanOne(pid, mode, out);
    }
    return {};
}

void ProcessTracker::scanOne(pid_t pid, ScanMode mode, std::vector<SensorEvent>& out) {
    const auto brief = reader_.readBrief(pid);
    if (!brief.has_value()) {
        return;
    }
    ProcessChange change;
    change.is_reconstructed = true;
    if (const ProcessInfo* before = cache_.find(pid)) {
        const bool is_same_process =
            !before->start_ticks.has_value() || before->start_ticks == brief->start_ticks;
        if (is_same_process && before->name == brief->name) {
            return;
        }
        if (is_same_process && !before->name.has_value()) {
            mode = ScanMode::Learn;  // announced when it was too early to read it
        }
        if (!is_same_process && mode == ScanMode::Tell) {
            add(out, kProcessExit, *before, change);
        }
    }
    auto info = reader_.read(pid);
    if (!info.has_value()) {
        (void)cache_.take(pid);
        return;
    }
    if (mode == ScanMode::Tell) {
        add(out, kProcessExec, *info, change);
    }
    cache_.put(*std::move(info));
}

void ProcessTracker::add(std::vector<SensorEvent>& out, std::string_view type,
                         const ProcessInfo& info, const ProcessChange& change) const {
    out.push_back(makeProcessEvent(type, info, change, boot_));
}

}  // namespace evd::collector
