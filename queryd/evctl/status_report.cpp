#include "queryd/evctl/status_report.h"

#include "common/base/text.h"
#include "queryd/evctl/output/json_object.h"
#include "queryd/evctl/output/plain_text.h"

#include <algorithm>
#include <map>
#include <vector>

namespace evd::evctl {

namespace {

using Row = std::vector<std::string>;

constexpr size_t kCrashLinesShown = 5;

std::string sinceText(int64_t started_ns, int64_t now_ns) {
    if (started_ns <= 0) {
        return "-";
    }
    std::string text = timeText(started_ns, TimeStyle::Relative, now_ns);
    const size_t ago = text.rfind(" ago");
    return ago == std::string::npos ? text : text.substr(0, ago);
}

std::string figureText(std::string_view figure, int64_t value) {
    if (figure.ends_with("bytes") && value >= 0) {
        return bytesText(static_cast<uint64_t>(value));
    }
    return figure.ends_with("percent") ? base::cat(value, " %") : base::cat(value);
}

// A kind's measures: row → column → value, columns in the order of first sight.
struct KindTable {
    std::vector<std::string> figures;
    std::map<std::string, std::map<std::string, std::string, std::less<>>, std::less<>> rows;
};

using Kinds = std::map<std::string, KindTable, std::less<>>;

// False when the name is not of the form kind.which.figure.
bool addToKind(const wire::Measure& measure, Kinds& kinds) {
    const size_t first = measure.name.find('.');
    const size_t last = measure.name.rfind('.');
    if (first == std::string::npos || first == last) {
        return false;
    }
    const std::string figure = measure.name.substr(last + 1);
    KindTable& table = kinds.try_emplace(measure.name.substr(0, first)).first->second;
    if (std::find(table.figures.begin(), table.figures.end(), figure) == table.figures.end()) {
        table.figures.push_back(figure);
    }
    auto& row =
        table.rows.try_emplace(measure.name.substr(first + 1, last - first - 1)).first->second;
    row.insert_or_assign(figure, figureText(figure, measure.value));
    return true;
}

size_t widthOf(const std::string& table) {
    size_t width = 0;
    for (const std::string_view line : base::split(table, '\n')) {
        width = std::max(width, displayWidth(line));
    }
    return width;
}

std::vector<Row> turned(const std::vector<Row>& rows) {
    std::vector<Row> columns(rows.front().size(), Row(rows.size()));
    for (size_t i = 0; i < rows.size(); ++i) {
        for (size_t j = 0; j < rows[i].size(); ++j) {
            columns[j][i] = rows[i][j];
        }
    }
    return columns;
}

void appendKind(const std::string& kind, const KindTable& table, size_t width_max,
                std::string& out) {
    std::vector<Row> rows;
    Row heading = {printable(kind)};
    for (const std::string& figure : table.figures) {
        heading.push_back(printable(figure));
    }
    rows.push_back(std::move(heading));
    for (const auto& [which, cells] : table.rows) {
        Row row = {printable(which)};
        for (const std::string& figure : table.figures) {
            const auto cell = cells.find(figure);
            row.push_back(cell == cells.end() ? "-" : cell->second);
        }
        rows.push_back(std::move(row));
    }
    const std::string as_rows = alignedTable(rows);
    const bool is_too_wide = width_max > 0 && widthOf(as_rows) > width_max;
    out += '\n';
    out += is_too_wide ? alignedTable(turned(rows)) : as_rows;
}

// As people are shown it.
std::string jsonPrintable(std::string_view text) {
    return jsonText(printable(text));
}

// A JSON list of what `write` makes of each item.
template <typename Item, typename Write>
std::string jsonList(const std::vector<Item>& items, Write write) {
    std::string out = "[";
    for (const Item& item : items) {
        out += out.size() == 1 ? "" : ",";
        out += write(item);
    }
    return out + ']';
}

std::string crashJson(const wire::CrashReport& crash) {
    JsonObject out;
    out.scalar("at", crash.wall_ns);
    out.text("how", printable(crash.how));
    out.json("output", jsonList(crash.output, jsonPrintable));
    out.scalar("pid", crash.pid);
    return out.str();
}

std::string noticeJson(const wire::SettingNotice& notice) {
    JsonObject out;
    out.text("configured", printable(notice.configured));
    out.text("name", printable(notice.name));
    out.json("refused", notice.reason.empty() ? "null" : jsonPrintable(notice.reason));
    out.text("running", printable(notice.running));
    return out.str();
}

void appendNotices(const std::vector<wire::SettingNotice>& notices, std::string& out) {
    if (notices.empty()) {
        return;
    }
    std::vector<Row> rows = {{"setting not in force", "running", "configured", "why"}};
    for (const wire::SettingNotice& notice : notices) {
        rows.push_back({printable(notice.name),
                        notice.running.empty() ? "-" : printable(notice.running),
                        notice.configured.empty() ? "-" : printable(notice.configured),
                        notice.reason.empty() ? "waits for the next start"
                                              : base::cat("refused: ", printable(notice.reason))});
    }
    out += '\n';
    out += alignedTable(rows);
}

// Of each program the newest, with the end of what it said; programs are told everything.
void appendNewestCrash(const wire::ProcessStatus& process, int64_t now_ns, std::string& out) {
    if (process.crashes.empty()) {
        return;
    }
    const wire::CrashReport& crash = process.crashes.back();
    out += base::cat("\n", printable(process.name), " (pid ", crash.pid, ") ", printable(crash.how),
                     ", ", timeText(crash.wall_ns, TimeStyle::Relative, now_ns), "\n");
    const size_t shown = std::min(crash.output.size(), kCrashLinesShown);
    for (size_t i = crash.output.size() - shown; i < crash.output.size(); ++i) {
        out += base::cat("    ", printable(crash.output[i]), "\n");
    }
}

}  // namespace

std::string statusText(const queryd::GroupStatus& status, int64_t now_ns, size_t width_max) {
    std::vector<Row> rows = {{"process", "state", "pid", "restarts", "up", "memory", "last end"}};
    std::vector<Row> figures = {{"process", "figure", "value"}};
    Kinds kinds;
    for (const wire::ProcessStatus& process : status.processes) {
        rows.push_back({printable(process.name), printable(process.state), base::cat(process.pid),
                        base::cat(process.restarts), sinceText(process.started_wall_ns, now_ns),
                        bytesText(process.memory_bytes),
                        process.last_exit.empty() ? "-" : printable(process.last_exit)});
        for (const wire::Measure& measure : process.measures) {
            if (!addToKind(measure, kinds)) {
                figures.push_back({printable(process.name), printable(measure.name),
                                   figureText(measure.name, measure.value)});
            }
        }
    }
    std::string out;
    out += alignedTable(rows);
    for (const wire::ProcessStatus& process : status.processes) {
        if (!process.upgrade.empty()) {
            out += base::cat("\n", printable(process.upgrade), "\n");
        }
        appendNotices(process.settings, out);
    }
    for (const wire::ProcessStatus& process : status.processes) {
        appendNewestCrash(process, now_ns, out);
    }
    for (const auto& [kind, table] : kinds) {
        appendKind(kind, table, width_max, out);
    }
    if (figures.size() > 1) {
        out += '\n';
        out += alignedTable(figures);
    }
    out += base::cat("\nqueries: ", status.queries_running, " running, ", status.queries_streaming,
                     " of them streaming\n");
    return out;
}

std::string statusJsonl(const queryd::GroupStatus& status) {
    std::string out;
    for (const wire::ProcessStatus& process : status.processes) {
        JsonObject measures;
        for (const wire::Measure& measure : process.measures) {
            measures.scalar(measure.name, measure.value);
        }
        JsonObject line;
        line.json("crashes", jsonList(process.crashes, crashJson));
        line.text("last_exit", printable(process.last_exit));
        line.json("measures", measures.str());
        line.scalar("memory_bytes", process.memory_bytes);
        line.text("name", printable(process.name));
        line.scalar("pid", process.pid);
        line.scalar("restarts", process.restarts);
        line.json("settings", jsonList(process.settings, noticeJson));
        line.scalar("started", process.started_wall_ns);
        line.text("state", printable(process.state));
        line.text("upgrade", printable(process.upgrade));
        out += line.str() + '\n';
    }
    out += base::cat("{\"queries_running\":", status.queries_running,
                     ",\"queries_streaming\":", status.queries_streaming, "}\n");
    return out;
}

}  // namespace evd::evctl
