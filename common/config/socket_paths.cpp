#include "common/config/socket_paths.h"

#include <string_view>

namespace evd::config {

namespace {

std::string beside(const std::string& path, std::string_view name) {
    const size_t slash = path.rfind('/');
    std::string out = slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
    return out += name;
}

void override(std::string& path, const std::string& configured) {
    if (!configured.empty()) {
        path = configured;
    }
}

}  // namespace

SocketPaths socketPathsBeside(const std::string& query_socket) {
    return {query_socket,
            beside(query_socket, "rpc.sock"),
            beside(query_socket, "log.sock"),
            beside(query_socket, "metric.sock"),
            beside(query_socket, "kmes.sock"),
            beside(query_socket, "notices.sock"),
            "",
            ""};
}

SocketPaths socketPaths(const Settings& settings) {
    SocketPaths paths = socketPathsBeside(settings.text("QuerySocketPath"));
    override(paths.rpc, settings.text("RpcSocketPath"));
    override(paths.log, settings.text("LogSocketPath"));
    override(paths.metric, settings.text("MetricSocketPath"));
    override(paths.kmes, settings.text("Linux\\KmesSocketPath"));
    paths.syslog = settings.text("Linux\\SyslogSocketPath");
    paths.statsd = settings.text("Linux\\StatsdSocketPath");
    return paths;
}

}  // namespace evd::config
