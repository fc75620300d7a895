// Passwords: what is accepted, and that none of them, nor anything that could be tried offline
// against a list of words, ever stands in a file, an answer or an output.
#include "core/base/crypto.h"
#include "core/write/credential.h"

#include "tests/e2e/support/shop.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace cqrs::e2e {
namespace {

constexpr const char* kMarker = "Zq7xKw9";  // 7 characters: too short to be a password
constexpr const char* kBcrypt = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

std::string hex(std::string_view bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += kHex[static_cast<unsigned char>(c) >> 4U];
    out += kHex[static_cast<unsigned char>(c) & 0x0FU];
  }
  return out;
}

std::string user(const std::string& email, const std::string& fields) {
  return R"({"email":")" + email + R"(","name":"Ada",)" + fields + "}";
}

std::string with_password(const std::string& email, const std::string& password) {
  return user(email, R"("password":")" + password + "\"");
}

class Passwords : public Shop {
 protected:
  // Everything the programs said, to be searched in the end.
  int say(const std::string& method, const std::string& target, const std::string& body,
          const std::string& headers = "") {
    const auto answer = system_.ask(method, target, body, headers);
    said_ += answer.head + answer.body;
    return answer.status;
  }
  void ctl(const Words& words, int exit_code = 0) {
    const Finished finished = system_.ctl(words);
    EXPECT_EQ(finished.exit_code, exit_code) << finished;
    said_ += finished.out + finished.err;
  }
  void restart(const Words& options) {
    system_.down();
    Words words{"up"};
    words.insert(words.end(), options.begin(), options.end());
    ctl(words);
  }

  void accept_users() {
    const std::string key = "Idempotency-Key: ada\r\n";
    const std::string ada = with_password("ada@example.com", password(0));
    EXPECT_EQ(say("POST", "/v1/users", ada, key), 201);
    EXPECT_EQ(say("POST", "/v1/users", ada, key), 201);
    EXPECT_EQ(say("POST", "/v1/users", with_password("ada@example.com", password(1)), key), 409);
    EXPECT_EQ(say("POST", "/user", with_password("alan@example.com", password(2))), 201);
    std::string batch;
    for (const int number : {3, 4}) {
      batch += R"({"command":"create_user","idempotency_key":"b)" + std::to_string(number) +
               R"(","data":)" +
               with_password("b" + std::to_string(number) + "@example.com", password(number)) +
               "}\n";
    }
    EXPECT_EQ(say("POST", "/v1/commands:batch", batch + batch), 200);
    EXPECT_EQ(system_.head(), 4);
  }

  // Each refusal for another reason, at another depth of the reading.
  void refuse_users() {
    const std::string mail = R"("email":"no@example.com","name":"No",)";
    const std::vector<std::string> bodies{
        with_password("no@example.com", kMarker),
        with_password("no@example.com", std::string(200, 'x') + kMarker),
        with_password("no@example.com", std::string(kMarker) + "\\u0001 and more"),
        with_password("ada@example.com", password(5)),  // the e-mail is taken
        with_password("no e-mail", password(5)),
        user("no@example.com", R"("colour":"red","password":")" + password(5) + "\""),
        user("no@example.com", R"("password":[")" + password(5) + "\"]"),
        user("no@example.com", R"("password":{"plain":")" + password(5) + "\"}"),
        user("no@example.com", R"("passwordHash":")" + password(5) + "\""),
        user("no@example.com", R"("passwordHash":")" + std::string(kBcrypt) + "\""),
        user("no@example.com",
             R"("password":")" + password(5) + R"(","passwordHash":")" + kBcrypt + "\""),
        user("no@example.com",
             R"("password":")" + password(5) + R"(","password":")" + password(6) + "\""),
        "{" + mail + R"("password":")" + password(5),
        "{" + mail + R"("password":")" + password(5) + "\n\"}",
        "{" + mail + R"("password":")" + password(5) + "\\q\"}",
        "{" + mail + R"("password":")" + password(5) + "\xff\"}",
        "{" + mail + R"("password":)" + password(5) + "}",
        "{" + mail + R"("password" ")" + password(5) + "\"}",
        "{" + mail + R"("password":")" + password(5) + "\"} " + password(6),
        "{" + mail + R"("password":")" + password(5) + R"(","a":)" + std::string(40, '['),
        "\"" + password(5) + "\"",
        password(5),
        "{" + mail + R"("password":")" + password(5) + std::string(70'000, 'x') + "\"}",
    };
    for (const auto& body : bodies) {
      const int status = say("POST", "/v1/users", body);
      EXPECT_GE(status, 400) << body.substr(0, 200);
      EXPECT_LT(status, 500) << body.substr(0, 200);
      if (body.find('\n') != std::string::npos) continue;
      EXPECT_EQ(say("POST", "/v1/commands:batch", body), 200);
      EXPECT_EQ(
          say("POST", "/v1/commands:batch", R"({"command":"create_user","data":)" + body + "}"),
          200);
    }
    EXPECT_EQ(
        say("PATCH", std::string("/v1/users/") + kNobody, R"({"password":")" + password(5) + "\"}"),
        422);
    EXPECT_EQ(say("POST", "/v1/nothing", with_password("no@example.com", password(5))), 404);
    EXPECT_EQ(say("DELETE", "/v1/users", with_password("no@example.com", password(5))), 405);
    EXPECT_EQ(say("POST", std::string("/v1/users?expected_version=") + kMarker, "{}"), 422);
    http::RawClient half(system_.port());
    half.send("POST /v1/users HTTP/1.1\r\nHost: t\r\nContent-Length: 5000\r\n\r\n" +
              with_password("no@example.com", password(5)));
  }

  void look_at_everything() {
    for (const char* target :
         {"/v1/users", "/v1/sync-status", "/metrics", "/v1/admin/generations"}) {
      say("GET", target, "");
    }
    ctl({"events", "tail", "--last", "100"});
    ctl({"-o", "json", "events", "tail", "--last", "100"});
    ctl({"verify", "--mode", "deep"});
    ctl({"status"});
    ctl({"replay", "--execute", "--switch"});
  }

  // What no file and no output may hold: nine passwords, and what a thief could try words against.
  static std::vector<std::string> secrets() {
    std::vector<std::string> out{kMarker};
    for (int number = 0; number <= 6; ++number) {
      const std::string plain = password(number);
      for (const Sha256& hash : {sha256(plain), hmac_sha256("", plain)}) {
        out.emplace_back(bytes_of(hash));
        out.push_back(hex(bytes_of(hash)));
      }
    }
    return out;
  }

  // Every password holds the marker.
  static std::string password(int number) {
    // With what the words of JSON readers are cut at.
    return "pw] " + std::to_string(number) + "; last read: " + kMarker + "] , secret";
  }

  std::string said_;
};

TEST_F(Passwords, NothingEverShowsAPasswordOrWhatCouldBeTriedAgainstIt) {
  accept_users();
  refuse_users();
  look_at_everything();
  // The files as a crash would leave them, and as an orderly end does.
  for (const bool orderly : {false, true}) {
    SCOPED_TRACE(orderly ? "after down" : "after SIGKILL");
    if (orderly) {
      restart({});
      system_.down();
    } else {
      system_.kill_service();
      ctl({"up"});
      system_.kill_service();
      ctl({"up"});
    }
    int files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(system_.dir())) {
      if (!entry.is_regular_file()) continue;
      ++files;
      const std::string content = read_text(entry.path());
      for (const auto& secret : secrets()) {
        EXPECT_EQ(content.find(secret), std::string::npos) << entry.path() << " holds " << secret;
      }
    }
    EXPECT_GE(files, 5);
  }
  for (const auto& secret : secrets()) {
    const auto at = said_.find(secret);
    EXPECT_EQ(at, std::string::npos) << said_.substr(at < 200 ? 0 : at - 200, 400);
  }
}

TEST_F(Passwords, WhatIsKeptStandsInTheWriteStoreAlone) {
  EXPECT_EQ(say("POST", "/v1/users", with_password("ada@example.com", password(0))), 201);
  restart({"--allow-import"});
  EXPECT_EQ(say("POST", "/v1/users",
                user("alan@example.com", R"("passwordHash":")" + std::string(kBcrypt) + "\"")),
            201);
  look_at_everything();
  system_.down();
  const SecretKeys keys = derive_keys(read_text(system_.file("pepper-1.key")));
  const std::string keyed = keyed_credential(password(0), keys).hash;
  const std::string store = read_text(system_.file("write.db"));
  EXPECT_NE(store.find(kBcrypt), std::string::npos);
  // By now it is either the keyed hash or already wrapped.
  EXPECT_TRUE(store.find(keyed) != std::string::npos ||
              store.find("$argon2id$") != std::string::npos);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(system_.dir())) {
    if (!entry.is_regular_file() || entry.path().filename() == "write.db") continue;
    const std::string content = read_text(entry.path());
    for (const std::string& kept :
         {keyed, hex(keyed), std::string("$argon2id$"), std::string(kBcrypt)}) {
      EXPECT_EQ(content.find(kept), std::string::npos) << entry.path();
      EXPECT_EQ(said_.find(kept), std::string::npos);
    }
  }
}

TEST_F(Passwords, RefusalsNameTheFieldAndTheLimits) {
  const Json too_short = post("/v1/users", with_password("ada@example.com", "1234567"), 422);
  EXPECT_EQ(too_short.value("field", ""), "password");
  EXPECT_NE(too_short.value("detail", "").find("8 to 200 characters"), std::string::npos)
      << too_short;
  const Json both = post("/v1/users",
                         user("ada@example.com", R"("password":"12345678","passwordHash":")" +
                                                     std::string(kBcrypt) + "\""),
                         422);
  EXPECT_EQ(both.value("field", ""), "passwordHash");
  EXPECT_EQ(system_.head(), 0);
}

TEST_F(Passwords, ReadyHashIs403UnlessTheServerAllowsImports) {
  const std::string body =
      user("ada@example.com", R"("passwordHash":")" + std::string(kBcrypt) + "\"");
  const Json forbidden = post("/v1/users", body, 403);
  EXPECT_EQ(forbidden.value("code", ""), "forbidden");
  EXPECT_EQ(forbidden.value("field", ""), "passwordHash");
  EXPECT_NE(forbidden.value("detail", "").find("--allow-import"), std::string::npos) << forbidden;
  restart({"--allow-import"});
  post("/v1/users", body, 201);
  EXPECT_EQ(post("/v1/users", user("b@example.com", R"("passwordHash":"plain text")"), 422)
                .value("field", ""),
            "passwordHash");
}

TEST_F(Passwords, HashingShareOutOfRangeIsAUsageError) {
  for (const char* share : {"0", "-1", "101", "many"}) {
    const Finished refused = system_.service(
        {"--data-dir", system_.scratch("other"), "--password-hashing-share", share});
    EXPECT_EQ(refused.exit_code, 2) << refused;
    EXPECT_NE((refused.out + refused.err).find("--password-hashing-share"), std::string::npos)
        << refused;
  }
}

}  // namespace
}  // namespace cqrs::e2e
