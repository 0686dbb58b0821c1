#include "sandbox/supervisor/group_setup_service.h"

#include "sandbox/supervisor/boot_id.h"
#include "sandbox/supervisor/group_ids.h"

#include <unistd.h>
#include <utility>

namespace evd::supervisor {

base::Result<GroupSetup> prepareGroup(const config::Settings& settings) {
    auto folder = programFolder();
    if (!folder.ok()) {
        return folder.error();
    }
    const auto backend = chooseBackend(settings.text("Linux\\KmesBackend"), kernelHasKmes());
    if (!backend.ok()) {
        return backend.error();
    }
    const auto boot_id = readBootId(settings.text("Linux\\BootId"));
    if (!boot_id.ok()) {
        return boot_id.error();
    }
    GroupSetup group;
    GroupWishes wishes;
    wishes.with_sensor = !settings.list("Linux\\Sensors").empty();
    wishes.with_syslog = !settings.text("Linux\\SyslogSocketPath").empty();
    wishes.with_statsd = !settings.text("Linux\\StatsdSocketPath").empty();
    group.plan = planGroup(backend.value(), wishes);
    group.program_folder = std::move(folder).value();
    group.start.settings = settings;
    group.start.boot_id = boot_id.value();
    group.start.owner_uid = ::getuid();
    group.start.admin_gids = groupIds(settings.list("Linux\\AdminGroups"));
    group.start.emit_gids = groupIds(settings.list("Linux\\EmitGroups"));
    return group;
}

}  // namespace evd::supervisor
