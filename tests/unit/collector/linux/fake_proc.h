#pragma once

#include "common/base/fd.h"
#include "common/base/text.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace evd::collector {

struct FakeProcess {
    pid_t pid = 0;
    std::string name;
    pid_t parent = 1;
    uint64_t start = 1;
    uint32_t uid = 0;  // and gid
    std::vector<std::string> command_line;
    std::string executable;
};

// A folder that looks like /proc, with the processes that the test puts there.
class FakeProc {
  public:
    FakeProc() : fd_(::open(folder_.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}

    int fd() const { return fd_.get(); }

    // Also replaces a process of the same pid.
    void add(const FakeProcess& process) {
        remove(process.pid);
        addFolder(std::to_string(process.pid));
        write(process.pid, "stat", stat(process.pid, process.name, process.parent, process.start));
        const std::string ids = base::cat("\t", process.uid, "\t", process.uid, "\t0\t0\n");
        write(process.pid, "status", base::cat("Name:\tx\nUid:", ids, "Gid:", ids));
        std::string line;
        for (const std::string& argument : process.command_line) {
            line += argument + '\0';
        }
        write(process.pid, "cmdline", line);
        if (!process.executable.empty()) {
            std::filesystem::create_symlink(process.executable, path(process.pid, "exe"));
        }
    }
    void remove(pid_t pid) {
        std::filesystem::remove_all(folder_.path() + "/" + std::to_string(pid));
    }
    void removeFile(pid_t pid, const std::string& name) {
        REQUIRE(std::filesystem::remove(path(pid, name)));
    }
    void addFolder(const std::string& name) {
        std::filesystem::create_directory(folder_.path() + "/" + name);
    }

    static std::string stat(pid_t pid, std::string_view name, pid_t parent, uint64_t start) {
        return base::cat(pid, " (", name, ") S ", parent,
                         " 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 ", start, " 5046272 562\n");
    }

  private:
    std::string path(pid_t pid, const std::string& name) const {
        return base::cat(folder_.path(), "/", pid, "/", name);
    }
    void write(pid_t pid, const std::string& name, const std::string& text) const {
        std::ofstream(path(pid, name), std::ios::binary) << text;
    }

    test::TemporaryDirectory folder_;
    base::Fd fd_;
};

}  // namespace evd::collector
