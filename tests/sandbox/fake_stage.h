#pragma once

#include "common/base/text.h"
#include "common/config/embedded_paths.h"
#include "common/config/settings.h"
#include "sandbox/supervisor/folders.h"
#include "sandbox/supervisor/group_service.h"
#include "sandbox/supervisor/spawn.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace evd::test {

inline constexpr const char* kFakeNames[] = {"eventd-store", "eventd-queryd",    "eventd-ingest",
                                             "eventd-kmesd", "eventd-collector", "eventd-sensor"};

// A group of fake programs on folders of its own.
class FakeStage {
  public:
    FakeStage() {
        const auto program = supervisor::programFolder();
        REQUIRE(program.ok());
        ::setenv("EVD_FAKE_FOLDER", programs_.path().c_str(), 1);
        for (const char* name : kFakeNames) {
            std::filesystem::create_symlink(program.value() + "/fake_program", programs_ / name);
        }
        settings = config::Settings::defaults();
        const auto paths = config::embeddedPaths(state_.path());
        REQUIRE(paths.ok());
        for (const auto& [name, value] : paths.value().values()) {
            settings.set(name, value);
        }
        settings.set("Linux\\SyslogSocketPath", state_ / "run/more/syslog.sock");
        settings.set("Linux\\StatsdSocketPath", state_ / "run/statsd.sock");
        REQUIRE(supervisor::makeFolders(supervisor::foldersOf(settings)).ok());
        program_folder = programs_.path();
    }

    void tell(const std::string& name, const char* what) const {
        std::ofstream(programs_ / base::cat(name, ".", what)) << "";
    }
    void untell(const std::string& name, const char* what) const {
        std::filesystem::remove(programs_ / base::cat(name, ".", what));
    }
    // Whether the program has come to what it was told.
    bool says(const std::string& name, const char* what) const {
        return std::filesystem::exists(programs_ / base::cat(name, ".", what));
    }

    supervisor::GroupSetup setup() const {
        supervisor::GroupSetup setup;
        setup.plan = supervisor::planGroup(supervisor::KmesBackend::Builtin,
                                           {.with_syslog = true, .with_statsd = true});
        setup.program_folder = program_folder;
        setup.start.settings = settings;
        return setup;
    }

    config::Settings settings;
    std::string program_folder;

  private:
    TemporaryDirectory programs_;
    TemporaryDirectory state_;
};

}  // namespace evd::test
