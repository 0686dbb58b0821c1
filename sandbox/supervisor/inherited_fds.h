#pragma once

#include "common/base/guid.h"
#include "common/config/socket_paths.h"
#include "sandbox/supervisor/fd_broker.h"

#include <sys/types.h>
#include <string>
#include <vector>

namespace evd::supervisor {

// What whoever started us has to say about descriptors (sd_listen_fds(3), PSD-007 §11.1).
struct ListenVariables {
    const char* fds = nullptr;    // LISTEN_FDS
    const char* names = nullptr;  // LISTEN_FDNAMES
    const char* pid = nullptr;    // LISTEN_PID; peinit sets none
};
inline constexpr size_t kInheritedFdsMax = kParkedFdsMax + 64;

// The names of the descriptors from 3 on, in order; empty when there are none for us, which is so
// too when another process is meant. Invalid when count and names contradict one another. Pure.
base::Result<std::vector<std::string>> inheritedNames(const ListenVariables& variables,
                                                      pid_t own_pid);

// Takes the descriptors into possession and the variables out of the environment, so that no
// program that we start takes them for its own. Called once, by main, before anything is opened.
base::Result<std::vector<NamedFd>> takeInheritedFds();

// What was inherited, sorted out.
struct Inheritance {
    struct Parked {
        Program program;
        std::string name;
        base::Fd fd;
    };
    std::vector<NamedFd> sockets;  // by SocketSpec::name
    std::vector<Parked> parked;
    std::vector<std::string> unwanted;  // of another boot, of no program of ours, or unknown
};

// A socket is taken for what its name says if it is that: Invalid, with name and reason, when it is
// of another kind, bound elsewhere than the settings say, or not listening, because whoever goes by
// either path would wait for ever. What is parked is looked at by the program that it is for.
base::Result<Inheritance> sortInherited(std::vector<NamedFd> fds, const GroupPlan& plan,
                                        const config::SocketPaths& paths,
                                        const base::Guid& boot_id);

}  // namespace evd::supervisor
