// The registry of a loaded group is churned: right and wrong values of all settings, files cut off,
// replaced, removed, grown too large, turned into something that is no file, many times a second,
// and SIGHUP between.
//
// Promised: nobody is restarted or stops, nothing is lost or doubled; what is in force in the end
// is what the last good files say; and the synthetic.config_change records of each setting are a
// chain from its default to there: what one calls new the next calls old.

#include "common/base/text.h"
#include "common/config/settings.h"
#include "tests/campaign/campaign.h"
#include "tests/campaign/loaded_group.h"
#include "tests/campaign/random_registry.h"
#include "tests/support/evctl.h"
#include "tests/support/msgpack_json.h"
#include "tests/support/plain_database.h"
#include "tests/support/wait_until.h"

#include <sys/stat.h>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

namespace evd::test {

namespace {

namespace fs = std::filesystem;
using base::cat;

constexpr int64_t kSettleMs = 30'000;

// The files that the group reads, and what befalls them.
class Churn {
  public:
    Churn(Course& course, Findings& findings, const StateFolder& state,
          std::vector<RegistryValue> always)
        : course_(course),
          findings_(findings),
          main_(state.below("test.reg")),
          folder_(state.below("more.d")),
          fresh_(state.below("fresh")),
          registry_(course.random, std::move(always)) {}

    std::string folder() const { return folder_; }

    void strike() {
        switch (course_.below(10)) {
            case 0:
            case 1:
            case 2:
                replace(somewhere(), registry_.good());
                findings_.injected("changed file");
                break;
            case 3:
                replace(somewhere(), registry_.withBadValues());
                findings_.injected("bad values");
                break;
            case 4:
                replace(somewhere(), registry_.broken());
                findings_.injected("broken file");
                break;
            case 5:
                writeSlowly(somewhere(), registry_.good());
                findings_.injected("file written in pieces");
                break;
            case 6:
                remove(somewhere());
                findings_.injected("removed file");
                break;
            case 7:
                strange(somewhere());
                findings_.injected("something that is no file");
                break;
            default:
                storm();
                break;
        }
    }

    // The last word: nothing but the main file, which says all that applies while running.
    void settle(std::map<std::string, uint64_t>& values) {
        const std::string text = registry_.settled(values);
        replace(main_, text);
        for (const auto& entry : fs::directory_iterator(folder_)) {
            remove(entry.path().string());
        }
    }

  private:
    std::string somewhere() {
        return course_.oneIn(2) ? main_ : cat(folder_, "/", course_.below(4), ".reg");
    }
    // In one step, as an editor does.
    void replace(const std::string& path, const std::string& text) {
        std::ofstream(fresh_, std::ios::binary) << text;
        std::error_code ignored;  // a folder may stand in the way, then it stays
        fs::rename(fresh_, path, ignored);
        if (ignored) {
            remove(path);
            fs::rename(fresh_, path, ignored);
        }
    }
    void writeSlowly(const std::string& path, const std::string& text) {
        remove(path);
        std::ofstream out(path, std::ios::binary);
        for (size_t at = 0; at < text.size();) {
            const size_t piece = course_.between(1, text.size() / 2 + 1);
            out << text.substr(at, piece) << std::flush;
            at += piece;
            pauseMs(static_cast<int>(course_.below(30)));
        }
    }
    static void remove(const std::string& path) {
        std::error_code ignored;  // it may not be there
        fs::remove_all(path, ignored);
    }
    void strange(const std::string& path) {
        remove(path);
        switch (course_.below(4)) {
            case 0:
                fs::create_directory(path);
                break;
            case 1:
                fs::create_symlink(path, path);  // round and round
                break;
            case 2:
                fs::create_symlink("/dev/zero", path);  // without end
                break;
            default:
                (void)::mkfifo(path.c_str(), 0600);  // nobody will ever write into it
                break;
        }
    }
    void storm() {
        for (uint64_t i = course_.between(5, 30); i > 0; --i) {
            replace(somewhere(), registry_.good());
            pauseMs(static_cast<int>(course_.below(10)));
        }
        findings_.injected("storm of changes");
    }

    Course& course_;
    Findings& findings_;
    const std::string main_;
    const std::string folder_;
    const std::string fresh_;
    RandomRegistry registry_;
};

// Waits until the marker's last change is told, and nothing waits or is refused.
bool waitSettled(const LoadedGroup& loaded, uint64_t marker) {
    const std::string wanted = cat("\"new\":", marker, "}");
    const std::string question = cat("EVENTS synthetic.config_change WHERE key == \"",
                                     kMarkerSetting, "\" SELECT new TAKE 1");
    return waitUntil(kSettleMs, [&] {
        return ask(loaded.state(), question).output.find(wanted) != std::string::npos &&
               ask(loaded.state(), "status").output.find(R"("settings":[])") != std::string::npos;
    });
}

// Every record of a change must begin where the one before it of the same setting ended.
void checkChains(const std::string& folder, const std::map<std::string, uint64_t>& settled,
                 Findings& findings) {
    std::map<uint64_t, std::string> changes;  // by id, over all shards
    for (const auto& path : databasesIn(folder, "shard-")) {
        PlainDatabase shard(path);
        for (const auto& row : shard.ask("SELECT id, hex(payload) FROM events WHERE event_type = "
                                         "'synthetic.config_change' AND sequence IS NULL")) {
            changes[numberOf(row.at(0))] = jsonOfMsgpack(bytesOfHex(row.at(1)));
        }
    }
    std::map<std::string, nlohmann::json> in_force;
    for (const auto& [name, value] : settled) {
        in_force[name] = config::Settings::defaults().number(name);
    }
    for (const auto& [id, text] : changes) {
        const auto change = nlohmann::json::parse(text);
        const std::string key = change.at("key").get<std::string>();
        const auto known = in_force.find(key);
        findings.expect(known == in_force.end() || known->second == change.at("old"),
                        "a change begins where the one before it ended",
                        cat("id ", id, ": ", text, " after ",
                            known == in_force.end() ? "nothing" : known->second.dump()));
        in_force[key] = change.at("new");
    }
    for (const auto& [name, value] : settled) {
        findings.expect(in_force.at(name) == value, "what the last file says is in force",
                        cat(name, " is ", in_force.at(name).dump(), " and not ", value));
    }
    findings.noted("changes told", changes.size());
}

}  // namespace

void configurationCampaign(Course& course, Findings& findings) {
    LoadedGroup loaded(smallGroup(), course.seed());
    Churn churn(course, findings, loaded.state(), loaded.options().values);
    fs::create_directory(churn.folder());
    loaded.options().arguments = {"--registry", churn.folder()};
    if (!loaded.start(findings)) {
        return;
    }
    const auto children = loaded.group().children();
    while (course.goesOn()) {
        churn.strike();
        if (course.oneIn(10)) {
            loaded.group().signal(SIGHUP);
            findings.injected("SIGHUP");
        }
        pauseMs(static_cast<int>(course.below(200)));
        if (!loaded.isAlive(findings)) {
            return;
        }
    }
    std::map<std::string, uint64_t> settled;
    churn.settle(settled);
    findings.expect(waitSettled(loaded, settled.at(kMarkerSetting)), "the last file is taken over",
                    "the last file was not taken over, or something still waits");
    loaded.waitStored(findings, kSettleMs);
    findings.expect(loaded.group().children() == children, "nobody was restarted",
                    "a program was restarted");
    loaded.finish(findings, {});
    checkChains(loaded.state().below("events"), settled, findings);
}

}  // namespace evd::test
