# ruff: noqa: E501 - lines of exports are as long as they are
"""Small exports as each platform writes them, made here so that what is odd in them can be read.

Every export holds the same three days of the same two campaigns, so that every reading of it must
come to the same sums.
"""

import io
from dataclasses import dataclass, field
from pathlib import Path

import xlsxwriter

SPEND, IMPRESSIONS, CLICKS = 4133.76, 61_500, 1_230


@dataclass(frozen=True)
class Export:
    """A file and what reading it must give."""

    name: str
    content: bytes
    encoding: str | None = None
    dropped: int = 0
    concepts: dict[str, str] = field(default_factory=dict)
    currency: str | None = None
    first_day: str = "2026-05-01"
    last_day: str = "2026-05-03"
    spend: float | None = SPEND
    impressions: float | None = IMPRESSIONS
    clicks: float | None = CLICKS
    rows: int = 6

    def write(self, folder: Path) -> Path:
        path = folder / self.name
        path.write_bytes(self.content)
        return path


# day, campaign, spend, impressions, clicks, conversions
ROWS = [
    (1, "Brand | EU", 1033.33, 12_000, 300, 12),
    (1, "Shopping", 172.45, 8_000, 110, 0),
    (2, "Brand | EU", 999.99, 11_500, 280, 9),
    (2, "Shopping", 200.00, 9_000, 120, 3),
    (3, "Brand | EU", 1500.49, 13_000, 310, 14),
    (3, "Shopping", 227.50, 8_000, 110, 2),
]


def _us(value: float) -> str:
    return f"{value:,.2f}"


def _ru(value: float) -> str:
    return f"{value:,.2f}".replace(",", "\u00a0").replace(".", ",")


def _lines(*rows: str, end: str = "\r\n") -> str:
    return end.join(rows) + end


def _google(tab: bool) -> bytes:
    sep = "\t" if tab else ","
    quote = (lambda s: s) if tab else (lambda s: f'"{s}"' if "," in s else s)
    head = ["Day", "Campaign status", "Campaign", "Currency code", "Cost", "Impr.", "Clicks", "CTR",
            "Avg. CPC", "Conversions"]  # fmt: skip
    body = [
        sep.join(
            quote(c)
            for c in (f"2026-05-0{d}", "Enabled", name, "USD", _us(spend), f"{imp:,}", str(clicks),
                      f"{clicks / imp:.2%}", _us(spend / clicks),
                      f"{conv:.2f}" if conv else " --")
        )
        for d, name, spend, imp, clicks, conv in ROWS
    ]  # fmt: skip
    totals = [
        sep.join([" --", label, " --", "USD", quote(_us(SPEND)), quote("61,500"), quote("1,230"),
                  "2.00%", "3.36", "40.00"])
        for label in ("Total: Campaigns", "Total: Account")
    ]  # fmt: skip
    text = _lines(
        "Campaign report", quote("May 1, 2026 - May 3, 2026"), sep.join(head), *body, *totals
    )
    return text.encode("utf-16") if tab else text.encode("utf-8")


def _meta() -> bytes:
    head = ("Reporting starts,Reporting ends,Campaign name,Ad set name,Day,Amount spent (USD),"
            "Results,Result indicator,Attribution setting,Link clicks,Clicks (all),CTR (all),"
            "Impressions,Reach,Frequency")  # fmt: skip
    body = [
        f'2026-05-0{d},2026-05-0{d},{name},"Set, {name}",2026-05-0{d},{spend},{conv or ""},'
        f"actions:offsite_conversion,7-day click,{clicks},{clicks + 40},{100 * (clicks + 40) / imp:.6f},"
        f"{imp},{imp // 2},2.0"
        for d, name, spend, imp, clicks, conv in ROWS
    ]
    total = f"2026-05-01,2026-05-03,,,,{SPEND},40,,,{CLICKS},{CLICKS + 240},2.390244,{IMPRESSIONS},20000,3.075"
    return b"\xef\xbb\xbf" + _lines(head, *body, total, end="\n").encode()


def _meta_french() -> bytes:
    head = "Début des rapports;Nom de la campagne;Jour;Montant dépensé (USD);Impressions;Clics sur un lien"
    body = [
        f'2026-05-0{d};{name};2026-05-0{d};"{_ru(spend)}";{imp};{clicks}'
        for d, name, spend, imp, clicks, _ in ROWS
    ]
    return _lines(head, *body).encode("utf-8-sig")


def _linkedin() -> bytes:
    head = "\t".join(["Start Date (in UTC)", "Account Name", "Currency", "Campaign Group Name",
                      "Campaign Name", "Total Spent", "Impressions", "Clicks to Landing Page"])  # fmt: skip
    body = [
        "\t".join(
            [f"5/{d}/2026", "Acme", "USD", "Group A", name, str(spend), str(imp), str(clicks)]
        )
        for d, name, spend, imp, clicks, _ in ROWS
    ]
    text = _lines("Campaign Performance Report (in UTC)", "Report Start: 5/1/2026",
                  "Report End: 5/31/2026", "Date Generated: 6/1/2026, 10:00 AM", "", head, *body)  # fmt: skip
    return text.encode("utf-16")


def _microsoft() -> bytes:
    head = '"Gregorian date","Campaign name","Spend","Impressions","Clicks","CTR","Conversions"'
    body = [
        f'"5/{d}/2026","{name}","{_us(spend)}","{imp:,}","{clicks}","{clicks / imp:.2%}",'
        f'"{conv if conv else "--"}"'
        for d, name, spend, imp, clicks, conv in ROWS
    ]
    return _lines('"Report Name: Campaign daily"', '"Report Time: 5/1/2026,5/13/2026"',
                  '"Time Zone: Pacific Time"', '"Account: Acme"', "", head, *body, "",
                  '"@2026 Microsoft Corporation. All rights reserved. "').encode("utf-8-sig")  # fmt: skip


def _tiktok() -> bytes:
    book = io.BytesIO()
    workbook = xlsxwriter.Workbook(book)
    sheet = workbook.add_worksheet("Sheet1")
    sheet.write_row(0, 0, ["Campaign name", "Ad Group Name", "Date", "Cost", "CPC (Destination)",
                           "CPM", "Impression", "Clicks (Destination)", "CTR (Destination)",
                           "Conversions", "CPA", "Currency"])  # fmt: skip
    for i, (d, name, spend, imp, clicks, conv) in enumerate(ROWS, start=1):
        row = [name, f"{name} group", f"2026-05-0{d}", spend, round(spend / clicks, 2),
               round(1000 * spend / imp, 2), imp, clicks, round(100 * clicks / imp, 2), conv,
               round(spend / conv, 2) if conv else 0, "USD"]  # fmt: skip
        sheet.write_row(i, 0, row)
    total = [
        "Total of 6 results",
        "-",
        "-",
        SPEND,
        3.36,
        67.22,
        IMPRESSIONS,
        CLICKS,
        2.0,
        40,
        103.34,
        "USD",
    ]
    sheet.write_row(len(ROWS) + 1, 0, total)
    workbook.close()
    return book.getvalue()


def _ga4() -> bytes:
    head = "Session primary channel group (Default Channel Group),Date,Sessions,Engaged sessions,Key events,Engagement rate,Total revenue"
    body = [
        f"{name},2026050{d},{imp},{clicks},{conv},{clicks / imp:.6f},{spend}"
        for d, name, spend, imp, clicks, conv in ROWS
    ]
    return _lines("# ----------------------------------------", "# Traffic acquisition",
                  "# Account: Acme", "# Start date: 20260501", "# End date: 20260503",
                  "# ----------------------------------------", "", head,
                  f",,{IMPRESSIONS},{CLICKS},40,0.02,{SPEND}", *body, end="\n").encode()  # fmt: skip


_YANDEX_HEAD = ["День", "№ Кампании", "Название кампании", "Показы", "Клики", "CTR (%)",
                "Расход (руб.)", "Ср. цена клика (руб.)", "Конверсии", "Конверсия (%)"]  # fmt: skip


def _yandex(encoding: str, sep_line: bool = False) -> bytes:
    body = [
        ";".join([f"0{d}.05.2026", "70012345" + str(len(name)), name, f"{imp:,}".replace(",", "\u00a0"),
                  str(clicks), _ru(100 * clicks / imp), _ru(spend), _ru(spend / clicks),
                  str(conv) if conv else "-", _ru(100 * conv / clicks) if conv else "-"])
        for d, name, spend, imp, clicks, conv in ROWS
    ]  # fmt: skip
    total = ";".join(["Всего", "", "", "61500", "1230", "2,00", _ru(SPEND), "3,36", "40", "3,25"])
    rows = ["Отчёт по кампаниям;;;;;;;;;", "Период: 01.05.2026 - 03.05.2026;;;;;;;;;", "",
            ";".join(_YANDEX_HEAD), *body, total]  # fmt: skip
    return _lines(*((["sep=;"] if sep_line else []) + rows)).encode(encoding)


def _vk() -> bytes:
    book = io.BytesIO()
    workbook = xlsxwriter.Workbook(book)
    sheet = workbook.add_worksheet("Объявления")
    sheet.write_row(0, 0, ["Дата", "ID кампании", "Название кампании", "Показы", "Клики", "eCPC, ₽",
                           "Потрачено всего, ₽", "Результат", "Цена за результат, ₽"])  # fmt: skip
    for i, (d, name, spend, imp, clicks, conv) in enumerate(ROWS, start=1):
        sheet.write_row(i, 0, [f"0{d}.05.2026", 9_000_000_000 + len(name), name, imp, clicks,
                               round(spend / clicks, 2), spend, conv,
                               round(spend / conv, 2) if conv else "-"])  # fmt: skip
    workbook.close()
    return book.getvalue()


def _ozon() -> bytes:
    head = "Дата;sku;Название товара;Показы;Клики;CTR (%);Расход, ₽, с НДС;Заказы;Выручка, ₽;ДРР, %"
    body = [
        ";".join([f"0{d}.05.2026", f"148500{len(name)}", name, str(imp), str(clicks),
                    f"{100 * clicks / imp:.2f}".replace(".", ","), f"{spend:.2f}".replace(".", ","),
                    str(conv), f"{9 * spend:.2f}".replace(".", ","), "11,11"])
        for d, name, spend, imp, clicks, conv in ROWS
    ]  # fmt: skip
    total = f"Всего;;;{IMPRESSIONS};{CLICKS};2,00;{SPEND:.2f};40;37203,84;11,11".replace(".", ",")
    return _lines(";Кампания по продвижению товаров № 123; Весна, период 2026-05-01 - 2026-05-03",
                  head, *body, total).encode("utf-8-sig")  # fmt: skip


def _api() -> bytes:
    head = "segments.date,campaign.id,campaign.name,metrics.cost_micros,metrics.impressions,metrics.clicks,metrics.conversions"
    body = [
        f"2026-05-0{d},1200{len(name)},{name},{round(spend * 1_000_000)},{imp},{clicks},{conv}"
        for d, name, spend, imp, clicks, conv in ROWS
    ]
    return _lines(head, *body, end="\n").encode()


EXPORTS = [
    Export("google_utf16.csv", _google(True), "utf-16", 2, {"Campaign": "campaign", "Impr.": "impressions"}, "USD"),
    Export("google.csv", _google(False), "utf-8", 2, {"Cost": "spend", "Conversions": "conversions"}, "USD"),
    Export("meta.csv", _meta(), "utf-8-sig", 1, {"Link clicks": "clicks", "Day": "date", "Results": "conversions"}, "USD"),
    Export("meta_fr.csv", _meta_french(), "utf-8-sig", 0, {"Nom de la campagne": "campaign"}, "USD"),
    Export("linkedin.csv", _linkedin(), "utf-16", 0, {"Total Spent": "spend", "Campaign Group Name": "campaign_group"}, "USD"),
    Export("microsoft.csv", _microsoft(), "utf-8-sig", 1, {"Gregorian date": "date", "Spend": "spend"}),
    Export("tiktok.xlsx", _tiktok(), None, 1, {"Impression": "impressions", "Date": "date"}, "USD"),
    Export("ga4.csv", _ga4(), "utf-8", 1, {"Key events": "conversions", "Sessions": "sessions"},
           spend=None, impressions=None, clicks=None),
    Export("yandex_1251.csv", _yandex("cp1251"), "cp1251", 1, {"№ Кампании": "campaign_id", "День": "date"}, "RUB"),
    Export("yandex.csv", _yandex("utf-8-sig", True), "utf-8-sig", 1, {"Расход (руб.)": "spend"}, "RUB"),
    Export("vk.xlsx", _vk(), None, 0, {"Потрачено всего, ₽": "spend", "Результат": "conversions"}, "RUB"),
    Export("ozon.csv", _ozon(), "utf-8-sig", 1, {"Заказы": "orders", "Выручка, ₽": "conversion_value"}, "RUB"),
    Export("google_api.csv", _api(), "utf-8", 0, {"metrics.cost": "spend", "campaign.id": "campaign_id"}),
]  # fmt: skip
