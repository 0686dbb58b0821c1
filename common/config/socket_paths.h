#pragma once

#include "common/config/settings.h"

#include <string>

namespace evd::config {

// Where the sockets of a group are. For evctl and for the supervisor.
struct SocketPaths {
    std::string query;
    std::string rpc;
    std::string log;
    std::string metric;
    std::string kmes;
    std::string notices;  // inside the group only
    std::string syslog;   // empty: there is none
    std::string statsd;   // the same
};

// As the settings say.
SocketPaths socketPaths(const Settings& settings);

// By contracts §7, when nothing but the query socket is known: all others lie beside it.
SocketPaths socketPathsBeside(const std::string& query_socket);

}  // namespace evd::config
