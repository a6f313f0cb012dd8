"""Headers in languages other than English, as brokers and portals write them: one place for each field's words.

Only words that name a field and nothing else: `Umsatz` and `Forgalom` mean shares at one vendor and money at another.
"""

from __future__ import annotations

WORDS = {
    "ts": (
        "Zeitpunkt", "Zeitstempel", "Handelstag", "Tarih", "Dátum", "дата", "дата и время",
        "日期", "交易日期", "时间", "時間", "日時", "日付", "날짜", "일자",
    ),
    "open": (
        "Eröffn.", "Eröffnungspreis", "Anfangskurs", "Cours d'ouverture", "Prix d'ouverture", "Precio de apertura",
        "Prezzo di apertura", "Otwarcie", "Kurs otwarcia", "Açılış", "Acilis", "Açılış Fiyatı", "Nyitó", "Opening",
        "Öppning", "открытие", "откр", "цена открытия", "开盘", "开盘价", "今开", "開盤", "開盤價", "始値", "시가",
    ),
    "high": (
        "Höchst", "Höchster", "Höchstkurs", "Höchstpreis", "Tageshöchst", "Hoechst", "Le plus haut",
        "Cours le plus haut", "Alto", "Precio máximo", "Prezzo massimo", "Najwyższy", "Kurs max", "Maks", "Maksimum",
        "Maximum", "Yüksek", "En Yüksek", "Hoog", "Högst", "максимум", "макс", "最高", "最高价", "最高價", "高値",
        "고가",
    ),
    "low": (
        "Tiefst", "Tiefster", "Tiefstkurs", "Tiefstpreis", "Tagestiefst", "Niedrigster", "Le plus bas",
        "Cours le plus bas", "Bajo", "Precio mínimo", "Prezzo minimo", "Najniższy", "Kurs min", "Minimum",
        "Düşük", "En Düşük", "Laag", "Lägst", "минимум", "мин", "最低", "最低价", "最低價", "安値", "저가",
    ),
    "close": (
        "Schlusspreis", "Schlußkurs", "Schluß", "Letzter", "Letzter Kurs", "Letzter Preis", "Cours de clôture",
        "Prix de clôture", "Fermeture", "Precio de cierre", "Prezzo di chiusura", "Zamknięcie", "Kurs zamknięcia",
        "Kapanış", "Kapanis", "Kapanış Fiyatı", "Şimdi", "Záró", "Záróár", "Slotkoers", "Stängning", "Slutkurs",
        "закрытие", "закр", "цена закрытия", "цена", "收盘", "收盘价", "收盤", "收盤價", "終値", "종가",
    ),
    "volume": (
        "Handelsvolumen", "Gehandelte Stück", "Stückzahl", "Volume échangé", "Nombre de titres", "Quantité",
        "Volumen negociado", "Quantità", "Wolumen", "Hacim", "Hac.", "Volym", "объем", "объём", "成交量", "成交股數",
        "出来高", "거래량", "No. of contracts", "Number of contracts", "Contracts traded",
    ),
    "symbol": ("Kürzel", "Sembol", "Simbolo", "Símbolo", "тикер", "代码", "股票代码", "證券代號", "종목코드"),
    "clock": ("Godzina", "Saat", "Idő", "время", "时间", "時間", "時刻"),
}  # fmt: skip
