#include "sandbox/supervisor/group_setup_service.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "sandbox/privileges.h"
#include "sandbox/supervisor/boot_id.h"
#include "sandbox/supervisor/folders.h"
#include "sandbox/supervisor/group_ids.h"
#include "sandbox/supervisor/store_owner.h"

#include <unistd.h>
#include <utility>

namespace evd::supervisor {

namespace {

using base::cat;

// Far above what each makes, with as many queries, rings and shards as the settings allow.
int threadsMax(Program program) {
    switch (program) {
        case Program::Store:
            return 1024;
        case Program::Queryd:
            return 8192;
        case Program::Collector:
            return 2048;
        case Program::Ingest:
        case Program::Kmesd:
        case Program::Sensor:
            return 256;
    }
    return 0;
}

// Of the settings' users where we may and they are there, and none with a reason where not.
base::Result<Identities> identitiesHere(const config::Settings& settings) {
    if (!maySwitchUsers()) {
        return Identities{{}, ::geteuid() == 0 ? "we may not change users" : "we are not root"};
    }
    return chooseIdentities(settings.list("Linux\\Users"), lookUpUser);
}

base::Result<void> giveStores(const config::Settings& settings, const Identities& identities,
                              const std::string& state_folder) {
    if (!maySwitchUsers()) {
        return {};
    }
    const auto store = identities.programs.find(Program::Store);
    const bool is_switched = store != identities.programs.end();
    // Back to us where the users are gone: without its capabilities root is one user among others.
    return handOverStores(storeFolders(settings), is_switched ? store->second.uid : ::getuid(),
                          is_switched ? store->second.gid : ::getgid(), state_folder);
}

// Where events come from, and in which boot: what of the settings only this machine can judge.
struct Grounds {
    KmesBackend backend;
    base::Guid boot_id;
};

base::Result<Grounds> groundsOf(const config::Settings& settings) {
    const auto backend = chooseBackend(settings.text("Linux\\KmesBackend"), kernelHasKmes());
    if (!backend.ok()) {
        return backend.error();
    }
    const auto boot_id = readBootId(settings.text("Linux\\BootId"));
    if (!boot_id.ok()) {
        return boot_id.error();
    }
    return Grounds{backend.value(), boot_id.value()};
}

base::Result<void> checkHere(const config::Settings& settings) {
    const auto grounds = groundsOf(settings);
    if (!grounds.ok()) {
        return grounds.error();
    }
    // Whoever checks need not be the one who may change users.
    const auto identities = chooseIdentities(settings.list("Linux\\Users"), lookUpUser);
    return identities.ok() ? base::Result<void>() : identities.error();
}

void tellSurroundings(const Identities& identities, const Namespaces& available) {
    if (identities.programs.empty()) {
        base::logInfo(cat(identities.why_none, ", every program runs as the user who started it"));
    }
    if (!available.network || !available.ipc || !available.proc) {
        base::logInfo(cat("this kernel gives the programs no own",
                          available.network ? "" : " network", available.ipc ? "" : " ipc",
                          available.proc ? "" : " /proc", ", going on without"));
    }
}

}  // namespace

std::map<Program, Birth> birthsOf(const GroupPlan& plan, const Identities& identities,
                                  const Namespaces& available) {
    std::map<Program, Birth> births;
    for (const auto& spec : plan.start_order) {
        Birth birth;
        birth.namespaces = namespacesFor(spec, available);
        birth.expendability = spec.expendability;
        birth.niceness = spec.niceness;
        const auto identity = identities.programs.find(spec.program);
        // What the rings of the kernel ask of a reader is the token that we were started with.
        const bool keeps_token =
            plan.backend == KmesBackend::Kernel && spec.program == Program::Collector;
        if (identity != identities.programs.end() && !keeps_token) {
            birth.identity = identity->second;
            birth.threads_max = threadsMax(spec.program);
            birth.kept_capability =
                sandbox::holdsCapabilities({&spec.kept_capability, 1}) ? spec.kept_capability : -1;
        }
        births.emplace(spec.program, std::move(birth));
    }
    return births;
}

base::Result<void> checkConfiguration(const config::Configuration& loaded) {
    if (loaded.usable()) {
        EVD_TRY(checkHere(loaded.settings));
    }
    return loaded.problems.empty()
               ? base::Result<void>()
               : base::fail(base::ErrorKind::Invalid, "the configuration is not in order");
}

base::Result<GroupSetup> prepareGroup(const config::Settings& settings,
                                      const std::string& state_folder) {
    auto folder = programFolder();
    if (!folder.ok()) {
        return folder.error();
    }
    const auto grounds = groundsOf(settings);
    if (!grounds.ok()) {
        return grounds.error();
    }
    const auto identities = identitiesHere(settings);
    if (!identities.ok()) {
        return identities.error();
    }
    EVD_TRY(giveStores(settings, identities.value(), state_folder));
    auto namespaces = availableNamespaces();
    if (namespaces.user && !identities.value().programs.empty()) {
        namespaces = {};  // the other users do not exist in there
    }
    tellSurroundings(identities.value(), namespaces);
    GroupSetup group;
    GroupWishes wishes;
    wishes.with_sensor = !settings.list("Linux\\Sensors").empty();
    wishes.with_syslog = !settings.text("Linux\\SyslogSocketPath").empty();
    wishes.with_statsd = !settings.text("Linux\\StatsdSocketPath").empty();
    group.plan = planGroup(grounds.value().backend, wishes);
    group.births = birthsOf(group.plan, identities.value(), namespaces);
    if (auto& store = group.births.at(Program::Store); store.namespaces.proc) {
        store.view = storeView(settings);
    }
    group.program_folder = std::move(folder).value();
    group.start.settings = settings;
    group.start.boot_id = grounds.value().boot_id;
    group.start.owner_uid = ::getuid();
    const auto sensor = group.births.find(Program::Sensor);
    if (sensor != group.births.end() && sensor->second.identity) {
        group.start.sensor_uid = sensor->second.identity->uid;
    }
    group.start.admin_gids = groupIds(settings.list("Linux\\AdminGroups"));
    group.start.emit_gids = groupIds(settings.list("Linux\\EmitGroups"));
    return group;
}

}  // namespace evd::supervisor
