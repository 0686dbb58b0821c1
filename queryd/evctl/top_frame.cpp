#include "queryd/evctl/top_frame.h"

#include "common/base/text.h"
#include "queryd/evctl/chart/ticks.h"
#include "queryd/evctl/output/bar.h"
#include "queryd/evctl/output/meaning.h"
#include "queryd/evctl/output/plain_text.h"
#include "queryd/evctl/output/time_text.h"

#include <algorithm>
#include <array>
#include <map>

namespace evd::evctl {

namespace {

using Row = std::vector<std::string>;
using Figures = std::map<std::string, int64_t, std::less<>>;

constexpr size_t kNamesMost = 8;  // types and origins
constexpr size_t kRatesColumn = 9;
constexpr size_t kFillColumns = 10;
constexpr int64_t kFillWarning = 50;  // percent
constexpr std::array<std::string_view, 8> kHeights = {"\u2581", "\u2582", "\u2583", "\u2584",
                                                      "\u2585", "\u2586", "\u2587", "\u2588"};
constexpr std::string_view kAsciiHeights = "_.-=*#%@";

std::string curveOf(const std::deque<double>& history, bool unicode) {
    const double greatest = history.empty() ? 0 : *std::max_element(history.begin(), history.end());
    std::string out;
    for (const double value : history) {
        const double share = greatest > 0 ? value / greatest : 0;
        const auto height = std::min<size_t>(
            kHeights.size() - 1, static_cast<size_t>(share * static_cast<double>(kHeights.size())));
        out += unicode ? std::string(kHeights[height]) : std::string(1, kAsciiHeights[height]);
    }
    return out;
}

std::string padded(std::string text, size_t width) {
    text = cutToWidth(text, width);
    text.append(width - std::min(width, displayWidth(text)), ' ');
    return text;
}

std::string rightAligned(const std::string& text, size_t width) {
    return std::string(width - std::min(width, displayWidth(text)), ' ') + text;
}

// One half of the list of rates: name, figure and bar.
std::string rateText(const std::vector<NamedRate>& rates, size_t index, size_t width,
                     bool unicode) {
    if (index >= rates.size()) {
        return std::string(width, ' ');
    }
    const size_t bar_width = width / 4;
    const size_t rest = kRatesColumn + bar_width + 2;
    const size_t name_width = width > rest ? width - rest : 0;
    const double share =
        rates.front().per_second > 0 ? rates[index].per_second / rates.front().per_second : 0;
    return padded(padded(printable(rates[index].name), name_width) +
                      rightAligned(shortNumber(rates[index].per_second), kRatesColumn) + ' ' +
                      barText(share, bar_width, unicode),
                  width);
}

class Frame {
  public:
    Frame(const TopState& state, const TopStyle& style) : state_(state), style_(style) {}

    std::string text() {
        heading();
        rates();
        if (state_.status) {
            for (const wire::ProcessStatus& process : state_.status->processes) {
                for (const wire::Measure& measure : process.measures) {
                    sort(process.name, measure);
                }
            }
            rings();
            stores();
            slowest();
            processes();
        } else {
            add("");
            add("processes, rings and stores are shown to administrators");
        }
        std::string out;
        const size_t rows = style_.rows == 0 ? lines_.size() : std::min(style_.rows, lines_.size());
        for (size_t i = 0; i < rows; ++i) {
            out += lines_[i] + '\n';
        }
        return out;
    }

  private:
    void add(const std::string& line, std::string_view color = {}) {
        std::string cut = cutToWidth(line, style_.columns);
        cut.erase(cut.find_last_not_of(' ') + 1);
        lines_.push_back(colored(cut, color, style_.color));
    }

    void addTable(const std::vector<Row>& rows, const std::vector<std::string_view>& colors) {
        add("");
        const std::string table = alignedTable(rows);
        const auto lines = base::split(table, '\n');
        for (size_t i = 0; i < rows.size(); ++i) {
            add(std::string(lines[i]), i == 0 ? kColorBold : colors[i - 1]);
        }
    }

    void heading() {
        const std::string when =
            timeText(state_.now_ns, style_.utc ? TimeStyle::Utc : TimeStyle::Local, state_.now_ns);
        std::string line = base::cat("eventd  ", when.substr(0, when.find('.')));
        if (state_.status) {
            uint64_t memory = 0;
            for (const wire::ProcessStatus& process : state_.status->processes) {
                memory += process.memory_bytes;
            }
            line += base::cat("  ", state_.status->processes.size(), " processes in ",
                              bytesText(memory), "  queries: ", state_.status->queries_running,
                              " running, ", state_.status->queries_streaming, " streaming");
        }
        add(line, kColorBold);
        add(base::cat("events ", rightAligned(shortNumber(state_.events_per_second), kRatesColumn),
                      "/s  ", curveOf(state_.event_history, style_.unicode)));
        add(base::cat("logs   ", rightAligned(shortNumber(state_.lines_per_second), kRatesColumn),
                      "/s  ", curveOf(state_.line_history, style_.unicode)));
    }

    void rates() {
        const size_t half = style_.columns > 2 ? (style_.columns - 2) / 2 : 1;
        add("");
        add(padded("event type, per second", half) + "  " + padded("origin, per second", half),
            kColorBold);
        const size_t count = std::max(state_.types.size(), state_.origins.size());
        for (size_t i = 0; i < std::min(count, kNamesMost); ++i) {
            add(rateText(state_.types, i, half, style_.unicode) + "  " +
                rateText(state_.origins, i, half, style_.unicode));
        }
        if (count == 0) {
            add("nothing came in");
        }
    }

    // Measures are named kind.which.figure, or kind.figure for what there is one of.
    void sort(const std::string& process, const wire::Measure& measure) {
        const auto parts = base::split(measure.name, '.');
        if (parts.size() == 3 && parts[0] == "ring" && process == "eventd-collector") {
            rings_[std::string(parts[1])].insert_or_assign(std::string(parts[2]), measure.value);
        } else if (parts.size() == 3 && parts[0] == "shard") {
            Figures& figures = stores_[base::cat("events ", parts[1])];
            figures.insert_or_assign(std::string(parts[2]), measure.value);
        } else if (parts.size() == 2 && (parts[0] == "logs" || parts[0] == "metrics")) {
            stores_[std::string(parts[0])].insert_or_assign(std::string(parts[1]), measure.value);
        }
    }

    static int64_t figure(const Figures& figures, std::string_view name) {
        const auto found = figures.find(name);
        return found == figures.end() ? 0 : found->second;
    }

    static std::string bytesOf(int64_t bytes) {
        return bytesText(static_cast<uint64_t>(std::max<int64_t>(bytes, 0)));
    }

    void rings() {
        if (rings_.empty()) {
            return;
        }
        std::vector<Row> rows = {{"ring", "fill", "", "lag", "events", "gaps", "lost"}};
        std::vector<std::string_view> colors;
        for (const auto& [name, figures] : rings_) {
            const int64_t fill = figure(figures, "fill_percent");
            const int64_t lost = figure(figures, "lost_events");
            rows.push_back({printable(name),
                            barText(static_cast<double>(fill) / 100, kFillColumns, style_.unicode),
                            base::cat(fill, " %"), bytesOf(figure(figures, "lag_bytes")),
                            base::cat(figure(figures, "events")),
                            base::cat(figure(figures, "gaps")), base::cat(lost)});
            const bool is_well = fill < kFillWarning && lost == 0;
            colors.push_back(is_well ? std::string_view() : colorOf(Meaning::Warning));
        }
        addTable(rows, colors);
    }

    void stores() {
        if (stores_.empty()) {
            return;
        }
        std::vector<Row> rows = {{"store", "rows", "file", "WAL", "commit p50", "p99", "failed"}};
        std::vector<std::string_view> colors;
        for (const auto& [name, figures] : stores_) {
            const int64_t bytes = figure(figures, "file_bytes") + figure(figures, "bytes");
            const int64_t failed = figure(figures, "failed_batches");
            rows.push_back({printable(name),
                            shortNumber(static_cast<double>(figure(figures, "rows"))),
                            bytesOf(bytes), bytesOf(figure(figures, "wal_bytes")),
                            commitText(figure(figures, "commit_p50_us")),
                            commitText(figure(figures, "commit_p99_us")), base::cat(failed)});
            colors.push_back(failed > 0 ? colorOf(Meaning::Error) : std::string_view());
        }
        addTable(rows, colors);
    }

    static std::string commitText(int64_t microseconds) {
        return base::cat(shortNumber(static_cast<double>(microseconds) / 1000), " ms");
    }

    void slowest() {
        if (state_.status->slowest.empty()) {
            return;
        }
        add("");
        add("slowest questions", kColorBold);
        for (const queryd::SlowQuery& slow : state_.status->slowest) {
            const std::string took =
                base::cat(shortNumber(static_cast<double>(slow.took_ms) / 1000), " s");
            add(base::cat(rightAligned(took, kRatesColumn), slow.running ? "  now  " : "       ",
                          printable(slow.text)),
                slow.running ? colorOf(Meaning::Warning) : std::string_view());
        }
    }

    void processes() {
        std::vector<Row> rows = {{"process", "state", "pid", "restarts", "memory", "last end"}};
        std::vector<std::string_view> colors;
        for (const wire::ProcessStatus& process : state_.status->processes) {
            rows.push_back({printable(process.name), printable(process.state),
                            base::cat(process.pid), base::cat(process.restarts),
                            bytesText(process.memory_bytes),
                            process.last_exit.empty() ? "-" : printable(process.last_exit)});
            const bool is_well = process.state == "running" && process.restarts == 0;
            colors.push_back(process.state != "running" ? colorOf(Meaning::Error)
                             : is_well                  ? std::string_view()
                                                        : colorOf(Meaning::Warning));
        }
        addTable(rows, colors);
    }

    const TopState& state_;
    const TopStyle& style_;
    std::vector<std::string> lines_;
    std::map<std::string, Figures> rings_;
    std::map<std::string, Figures> stores_;
};

}  // namespace

std::string topFrame(const TopState& state, const TopStyle& style) {
    return Frame(state, style).text();
}

}  // namespace evd::evctl
