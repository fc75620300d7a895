#!/usr/bin/env python3
"""Takes TLS connections and passes their bytes to a plain server: a server of another make than our
client for its tests. Says on its output what was agreed on each connection, one JSON object a line."""

import argparse
import asyncio
import json
import os
import ssl


def agreed(stream: ssl.SSLObject) -> str:
    peer = stream.getpeercert()
    return json.dumps(
        {
            "version": stream.version(),
            "alpn": stream.selected_alpn_protocol(),
            "resumed": stream.session_reused,
            "client": dict(pair[0] for pair in peer["subject"])["commonName"] if peer else None,
        }
    )


async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    except OSError:
        pass
    finally:
        sink.close()


async def serve(options: argparse.Namespace) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.cert, options.key)
    context.set_alpn_protocols(["h2", "http/1.1"])
    if options.tls12:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    if options.client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(options.client_ca)

    async def taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        print(agreed(writer.get_extra_info("ssl_object")), flush=True)
        back_reader, back_writer = await asyncio.open_connection("127.0.0.1", options.backend)
        await asyncio.gather(pump(reader, back_writer), pump(back_reader, writer))

    server = await asyncio.start_server(taken, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    with open(options.ready + ".new", "w", encoding="utf-8") as file:
        file.write(str(port))
    os.rename(options.ready + ".new", options.ready)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backend", type=int, required=True, help="port of the plain server")
    parser.add_argument("--cert", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--ready", required=True, help="file that gets the port once it listens")
    parser.add_argument("--client-ca", help="demand certificates that this authority signed")
    parser.add_argument("--tls12", action="store_true", help="nothing newer than TLS 1.2")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
