# ConvScope with a CPU-only PyTorch: docker build -t convscope . && docker run -p 8501:8501 convscope
FROM python:3.11-slim

RUN useradd --create-home convscope
WORKDIR /home/convscope/app
COPY requirements.txt ./
RUN pip install --no-cache-dir --extra-index-url https://download.pytorch.org/whl/cpu -r requirements.txt
COPY --chown=convscope . .

USER convscope
ENV CONVSCOPE_WEIGHTS=/home/convscope/weights
VOLUME /home/convscope/weights
EXPOSE 8501
CMD ["python", "-m", "convscope", "serve", "--host", "0.0.0.0"]
