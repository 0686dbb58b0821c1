// Asks eventd one question over its rpc socket and prints the answer, one record a line.
//
//     c++ -std=c++17 ask.cpp -o ask $(pkg-config --cflags --libs eventd-client)
//     ./ask /run/eventd/rpc.sock 'EVENTS process.exec TAKE 3'
//     ./ask /run/eventd/rpc.sock 'LOGS STREAM'              follows until it is stopped
//     ./ask /run/eventd/rpc.sock 'LOGS STREAM' 5            ends after five records
//     ./ask --explain /run/eventd/rpc.sock 'LOGS COUNT'     how it is answered
//     ./ask --from 0 /run/eventd/rpc.sock                   every stored event, then what comes
//
// The last one prints the id of each event: begin again with the last one that you have dealt with
// in place of 0, and you miss nothing and get nothing twice, whatever was restarted meanwhile.

#include <eventd/client.h>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace {

void printLine(const std::string& line) {
    std::puts(line.c_str());
    std::fflush(stdout);
}

int64_t numberIn(const std::string& word) {
    int64_t number = 0;
    const auto read = std::from_chars(word.data(), word.data() + word.size(), number);
    if (read.ec != std::errc() || read.ptr != word.data() + word.size()) {
        throw std::invalid_argument(word + " is no number");
    }
    return number;
}

// Ends at the end of the answer, or after so many records; 0 is no limit.
void printAnswer(eventd::Answer answer, int64_t records_max) {
    constexpr std::chrono::seconds kPatience(1);
    int64_t printed = 0;
    eventd::Row row;
    while (true) {
        switch (answer.next(row, kPatience)) {
            case eventd::Got::Row:
                printLine(eventd::toText(row));
                if (++printed == records_max) {
                    return;  // the destructor tells eventd that we want no more
                }
                break;
            case eventd::Got::Live:
                printLine("-- from here on as it happens");
                break;
            case eventd::Got::End:
                return;
            case eventd::Got::Nothing:
                break;  // the place to look whether one should go on
        }
    }
}

void follow(eventd::Client& client, int64_t cursor, int64_t events_max) {
    eventd::Subscription events = client.subscribeFrom(cursor);
    eventd::StoredEvent event;
    for (int64_t count = 0; events.next(event);) {
        printLine(std::to_string(event.id) + " " + event.type + " " +
                  std::to_string(event.payload.size()) + " bytes");
        if (++count == events_max) {
            return;
        }
    }
}

int run(const std::vector<std::string>& words) {
    const bool is_following = words.size() >= 3 && words[0] == "--from";
    const bool is_explaining = words.size() >= 3 && words[0] == "--explain";
    const size_t socket_at = is_following ? 2 : is_explaining ? 1 : 0;
    const size_t needed = socket_at + (is_following ? 1 : 2);
    if (words.size() != needed && words.size() != needed + 1) {
        std::fputs(
            "usage: ask [--explain] SOCKET QUESTION [RECORDS]\n"
            "       ask --from CURSOR SOCKET [EVENTS]\n",
            stderr);
        return 2;
    }
    const int64_t records_max = words.size() == needed ? 0 : numberIn(words[needed]);
    eventd::Client client(words[socket_at]);
    if (is_following) {
        follow(client, numberIn(words[1]), records_max);
    } else if (is_explaining) {
        printAnswer(client.explain(words[socket_at + 1]), records_max);
    } else {
        printAnswer(client.query(words[socket_at + 1]), records_max);
    }
    return 0;
}

}  // namespace

int main(int argument_count, char** arguments) {
    try {
        return run({arguments + 1, arguments + argument_count});
    } catch (const std::exception& error) {  // eventd::Error also says of which kind it is
        std::fprintf(stderr, "ask: %s\n", error.what());
        return 1;
    }
}
